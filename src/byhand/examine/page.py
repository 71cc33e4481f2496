"""The page."""
from byhand.examine.result import Result
def page(result: Result) -> str:
    """Page."""
    return ""
