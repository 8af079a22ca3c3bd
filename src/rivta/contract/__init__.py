"""Service contracts: what is on the wire, and the files that define it.

`domain.yaml` lists a domain's contracts, roles and requirements. A contract's WSDL leads to its schemas, which are compiled
twice, for libxml2 and for xmlschema, because neither alone gives a verdict that can be put on record.
"""

from rivta.contract.classification import Exercised, SeenElement, classify
from rivta.contract.declarations import outline
from rivta.contract.domain import find_domains, inputs_of, kept_domain, read_domain, read_domains
from rivta.contract.repairs import Repair
from rivta.contract.schema import Schemas, SchemaVerdict, ready, schemas
from rivta.contract.wording import Complaint
from rivta.contract.wsdl import Wsdl, read_wsdl
