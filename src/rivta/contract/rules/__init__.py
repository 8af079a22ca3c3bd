"""Schematron: the business rules of a contract, run on whole SOAP envelopes.

    compile_rules(path) ──► RuleSet ──run(envelope)──► RuleOutcome, one for each failure and each assert that broke down

Published rules say `queryBinding="xslt2"`, which no library within reach runs fast, so this is an interpreter of our own.

compiler     a file → patterns, rules and asserts; everything that is wrong with it is found here, with file and line
patterns     expressions, each answered by whichever can; patterns, rules and asserts; a rule's context: which nodes of a message it matches
subset       the part of XPath in which version 1 and 2 agree, found by parsing: lxml answers it, many nodes at a time
xpath2       everything else, by elementpath, imported when a rule first needs it
ruleset      patterns, rules and asserts at work on a message: its nodes, and what was found in it

Why not lxml alone: XPath 1 takes the first node where XPath 2 demands that there is one, compares `"1e3"` and `"1000"`
otherwise, and knows no `matches()`. Why not elementpath alone: it is ten times slower on a 57 KB message.
"""

from rivta.contract.rules.compiler import compile_rules, files_for, ids_of, rules_of
from rivta.contract.rules.ruleset import RuleOutcome, RuleSet
