"""`/settings`: what the admins of a server may set, in one private panel."""
