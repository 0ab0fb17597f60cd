"""Pressing buttons and choosing from menus."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.discord.channels import Channel
from sandbox.discord.client.errors import NotPossible
from sandbox.discord.components.reading import SelectMenu
from sandbox.discord.components.types import ComponentType
from sandbox.discord.guilds import Role
from sandbox.discord.interactions.record import Interaction, InteractionType
from sandbox.discord.interactions.resolved import Resolved
from sandbox.discord.interactions.starting import start
from sandbox.discord.members import Member
from sandbox.discord.messages.record import Message
from sandbox.discord.wire import Json

Chosen = str | Member | Role | Channel
_OFFERED: dict[ComponentType, tuple[type, ...]] = {
    ComponentType.STRING_SELECT: (str,),
    ComponentType.USER_SELECT: (Member,),
    ComponentType.ROLE_SELECT: (Role,),
    ComponentType.MENTIONABLE_SELECT: (Member, Role),
    ComponentType.CHANNEL_SELECT: (Channel,),
}


async def press(member: Member, message: Message, name: str) -> Interaction:
    """See `Member.press`. Raises NotPossible for a link, a disabled button, or a message that the member cannot see."""
    _require_visible(member, message)
    try:
        button = message.button(name)
    except LookupError as absent:
        raise NotPossible(str(absent)) from absent
    if button.disabled or button.custom_id is None:
        raise NotPossible(f"the button {name!r} is {'disabled' if button.disabled else 'a link'}")
    return _use(member, message, {"custom_id": button.custom_id, "component_type": int(ComponentType.BUTTON)})


async def select(member: Member, message: Message, custom_id: str, values: Sequence[Chosen]) -> Interaction:
    """See `Member.select`. Raises NotPossible for values that the menu does not offer, or for too many or too few."""
    _require_visible(member, message)
    menu = next((menu for menu in message.selects if menu.custom_id == custom_id), None)
    if menu is None or menu.disabled:
        raise NotPossible(f"there is no menu {custom_id!r} to choose from in message {message.id}")
    check_values(menu, values)
    resolved = Resolved(member.guild.world, message.channel, member)
    chosen = [resolve_value(value, resolved) for value in values]
    data: Json = {"custom_id": custom_id, "component_type": int(menu.kind), "values": chosen}
    return _use(member, message, data | ({"resolved": resolved.objects} if resolved.objects else {}))


def check_values(menu: SelectMenu, values: Sequence[Chosen]) -> None:
    if not menu.min_values <= len(values) <= menu.max_values:
        raise NotPossible(f"the menu takes {menu.min_values} to {menu.max_values} values, not {len(values)}")
    for value in values:
        offered = isinstance(value, _OFFERED[menu.kind]) and (not isinstance(value, str) or value in menu.options)
        if not offered:
            raise NotPossible(f"the menu {menu.custom_id!r} does not offer {value!r}; it has {list(menu.options)}")


def resolve_value(value: Chosen, resolved: Resolved) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Member):
        return resolved.add_person(value)
    return resolved.add_role(value) if isinstance(value, Role) else resolved.add_channel(value)


def _require_visible(member: Member, message: Message) -> None:
    if not member.can_see(message):
        raise NotPossible(f"{member.name} cannot see message {message.id}")


def _use(member: Member, message: Message, data: Json) -> Interaction:
    world = member.guild.world
    return start(world, InteractionType.COMPONENT, member, message.channel, data, source=message)
