"""Addresses of files and servers: over https, unless they are of this machine."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

from snnlearn.settings.types import Text


def is_open(address: SplitResult) -> bool:
    """Whether whoever is in between can read and change what goes there and comes from there."""
    return address.scheme == "http" and not is_here(address)


def is_here(address: SplitResult) -> bool:
    """Whether an address is of this machine."""
    host = address.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def secure(url: str) -> str:
    """The address of a file as it is given.

    Raises
    ------
    ValueError
        If it is none, holds a password, or is http of another machine.
    """
    try:
        address = urlsplit(url)
        host = address.hostname
        address.port  # noqa: B018
    except ValueError:
        host = None
    if not host or address.scheme not in ("https", "http"):
        raise ValueError("is no address of a file: give https://HOST/FILE")
    if address.password is not None:
        raise ValueError(
            "holds a password, which would end up in logs: take it out, and give it by ~/.netrc"
        )
    if is_open(address):
        raise ValueError(
            f"{url!r} is http of another machine, where whoever is in between can change the file: "
            "give an https address, or fetch the file yourself and give its path"
        )
    return url


#: Where a file is downloaded from.
FileAddress = Annotated[Text, AfterValidator(secure)]
