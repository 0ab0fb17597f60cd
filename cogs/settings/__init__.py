"""`/settings`: what a server's admins can set, in one private panel."""
