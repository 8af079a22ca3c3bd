"""`rivta new message`: a valid message of a contract, made from its schema alone, for people to go on from."""

import argparse

from lxml import etree

from rivta import contract
from rivta.cli import arguments
from rivta.contract.instance import fullest, mistakes, read_plain, smallest
from rivta.contract.message import wrap
from rivta.model.contracts import Contracts
from rivta.text.yaml.grammar import Found, settle

_ADDRESS = "${logical-address}"


def run(args: argparse.Namespace) -> int:
    """Print the message."""
    domains = contract.read_domains(arguments.suites(args), tell=arguments.progress())
    found = Contracts(each for domain in domains for each in domain.contracts.values()).find(args.contract)
    wsdl = contract.read_wsdl(found.wsdl)
    root = wsdl.response_root if args.response else wsdl.request_root
    said = read_plain(args.data, wsdl, root) if args.data else {}
    made = (fullest if args.full else smallest)(wsdl, root, {place: node.text for place, node in said.items()})
    etree.indent(made)
    message = wrap(etree.tostring(made, encoding="unicode"), _ADDRESS, "" if args.response else found.header)
    if said and not any("${" in node.text for node in said.values()):
        complaints = contract.schemas(found).verdict(message.encode()).complaints
        settle(Found(mistakes(complaints, said, args.data)))
    print(message)
    return 0
