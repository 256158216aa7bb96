"""Words and phrases that the text does without."""

import re

_STOCK = (
    r"let['’]s dive",
    r"(dive|delve)s? (deep |right )?into",
    r"in this (lesson|notebook),? (we|you)\b(['’]ll| will)?",
    r"it( is|['’]s) (important|worth) (to note|noting)",
    r"in conclusion",
    r"needless to say",
    r"powerful(?! tests?\b)",
    r"seamless(ly)?",
    r"crucial(ly)?",
    r"simply(?! connected)",
    r"obviously",
)
_ROBUST = (
    r"robust(?!(ly)? (regress|estimat|loss|statistic|scal|standard error|covarian"
    r"|optimi|to\b|against\b))"
)
_NOT_BEFORE_JUST = ("has", "have", "had", "not", "only", "’ve", "'ve", "’s", "'s")
_NOT_AFTER_JUST = (
    "in time|as|before|after|above|below|under|over|outside|inside|beyond|behind|now"
    "|enough|right|like|made|missed|seen|shown|written|built"
)
_JUST = (
    "".join(rf"(?<!{word} )" for word in _NOT_BEFORE_JUST)
    + rf"just(?! ({_NOT_AFTER_JUST})\b)"
)

STOCK = re.compile(
    rf"(?<![\w-])({'|'.join((*_STOCK, _ROBUST, _JUST))})(?![\w-])", re.IGNORECASE
)
"""Phrases that say nothing, or that make light of what a reader finds hard."""

_VERBS = (
    "author|categor|character|custom|discret|emphas|factor|final|general|initial|local"
    "|maxim|memo|minim|normal|optim|organ|parallel|parametr|penal|priorit|quant|random"
    "|real|recogn|regular|serial|special|stabil|standard|summar|synchron|token|util"
    "|vector|visual"
)
_NOUNS = (
    "behaviors?",
    "behavioral",
    "centers?",
    "centered",
    "colors?",
    "colored",
    "favor(s|ed|ite|able)?",
    "gray(s|scale)?",
    "honor(s|ed)?",
    "neighbor(s|ing|hoods?)?",
    "analyz(e[drs]?|ing)",
    "(cancel|label|model|travel)(ed|ing)",
)

AMERICAN = re.compile(
    rf"\b((un|de|re)?({_VERBS})iz(e[drs]?|ers|ing|ations?|able)"
    rf"|{'|'.join(_NOUNS)})\b",
    re.IGNORECASE,
)
"""Spellings of American English that have another in British."""
