"""A server with its own PowerPost account, for the tests about such servers."""

from __future__ import annotations

from bot.clock import SystemClock
from bot.domain.audit import AuditAction
from bot.domain.identifiers import GuildId
from bot.domain.job import Job
from bot.domain.ledger import Balance, Pool
from bot.keyring import KEY_FILE
from sandbox.discord import Answer, Interaction, Member, Message, Permissions
from storage.audit import AuditStore
from storage.ledger import LedgerStore
from storage.workspaces import WorkspaceStore
from tests.e2e.product import Product

OWN_CREDITS = 100


class Studio:
    """The product, an admin of its server, and the PowerPost account that this server owns."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.admin = product.guild.add_member("Ada", permissions=Permissions.MANAGE_GUILD)
        self.account = product.powerpost.add_account(credits=OWN_CREDITS, rate_limit=1000)
        self.keys = [self.account.api_key]

    async def link(self, key: str | None = None, workspace: str | None = None) -> str:
        """`/workspace link`, the form filled in and sent; what the bot says to that."""
        form = await self.use("link")
        fields = {"key": key or self.account.api_key, "workspace": workspace or self.account.workspace_id}
        return (await self.said(await self.admin.submit_modal(form, fields))).text

    async def use(self, command: str, by: Member | None = None) -> Answer:
        """The first answer to `/workspace command`, whoever asks for it."""
        user = by or self.admin
        use = await user.slash(self.product.channel, f"workspace {command}", opened_by_admin=True)
        return await use.first_response()

    async def said(self, to: Interaction | Answer) -> Message:
        """The whole answer, once it is there, to who asked alone."""
        answer = await to.first_response() if isinstance(to, Interaction) else to
        message = answer.message
        assert message is not None
        await self.product.discord.wait_for(lambda: not message.loading, timeout=30)
        assert message.ephemeral
        return message

    async def unlink(self) -> str:
        """`/workspace unlink`, agreed to."""
        question = await self.said(await self.use("unlink"))
        await (await self.admin.press(question, "Unlink")).first_response()
        await self.product.discord.wait_for(lambda: "Unlink this" not in question.text)
        return question.text

    async def credits(self) -> str:
        """What `/credits` says to Mia."""
        return (await self.said(await self.product.mia.slash(self.product.channel, "credits"))).text

    async def last_job(self) -> Job:
        return (await self.product.jobs())[-1]

    async def own_pool(self) -> Balance:
        """What the bot's books say of the server's own account."""
        async with self.product._database() as database:
            ledger = LedgerStore(database=database, clock=SystemClock())
            return await ledger.balance(GuildId(self.product.guild.id), Pool.LINKED)

    async def actions(self) -> list[tuple[str, AuditAction]]:
        """The audit trail, oldest first."""
        async with self.product._database() as database:
            entries = await AuditStore(database=database, clock=SystemClock()).entries(GuildId(self.product.guild.id))
        return [(entry.actor, entry.action) for entry in reversed(entries)]

    async def kept_keys(self) -> int:
        """How many keys the database holds."""
        async with self.product._database() as database:
            return len(await WorkspaceStore(database=database, clock=SystemClock()).with_keys())

    def check_secrecy(self) -> None:
        """The account's keys stand in no log, no file of the database, no copy of it, no message and no answer."""
        messages = self.product.discord.messages.values()
        said = "".join(version.text for message in messages for version in message.versions)
        files = [path for path in self.product.folder.rglob("*") if path.is_file() and path.name != KEY_FILE]
        assert {"bot.log", "videobot.db"} <= {file.name for file in files}
        for key in self.keys:
            canary = key.removeprefix("pp_live_sk_")[:12]
            assert canary not in said
            for file in files:
                assert canary.encode() not in file.read_bytes(), f"a key stands in {file.name}"
