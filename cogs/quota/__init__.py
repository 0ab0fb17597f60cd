"""`/quota`: how many credits members may use in a day, a week or a month."""
