"""The schema that is really compiled: a SOAP envelope of no strictness around the contract's own schemas.

The whole envelope is validated, not its payload alone, for two reasons. A prefix that an `xsi:type` uses may be declared on
the envelope, and is lost when the payload is cut out. And the header's LogicalAddress is then judged in the same pass.
Envelope, Header and Body let anything pass, because what is amiss there is said by `envelope` and `payload`, but what the contract declares
must follow its declaration (`processContents="lax"`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from lxml import etree

from rivta.contract.envelope import SOAP
from rivta.contract.schemaset import XS

NAME = "rivta-envelope.xsd"
_LAX = 'namespace="##any" processContents="lax"'


def envelope_schema(entrances: Mapping[Path, str]) -> bytes:
    """The envelope's schema, importing the schemas that a WSDL embeds (path → target namespace), which lie beside it."""
    imports = "\n".join(_import(path, namespace) for path, namespace in entrances.items())
    return f"""<xs:schema xmlns:xs="{XS}" xmlns:s="{SOAP}" targetNamespace="{SOAP}">
{imports}
<xs:element name="Envelope" type="s:Anything"/>
<xs:element name="Header" type="s:Anything"/>
<xs:element name="Body" type="s:Anything"/>
<xs:complexType name="Anything" mixed="true">
  <xs:sequence><xs:any {_LAX} minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
  <xs:anyAttribute {_LAX}/>
</xs:complexType>
</xs:schema>""".encode()


def _import(path: Path, namespace: str) -> str:
    link = etree.Element(f"{{{XS}}}import", schemaLocation=quote(path.name))
    if namespace:
        link.set("namespace", namespace)
    return etree.tostring(link, encoding="unicode")
