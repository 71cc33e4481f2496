"""The checks, one module each, with the findings they explain and the faults that trigger them.

Add a check: write a module here with one function under `@register_check(...)`. The diagnosis,
the tests, the benchmark and the table in the documentation all go through `CHECKS`.
"""

from importlib import import_module
from pkgutil import iter_modules

from byhand.evaluation.doctor.checks.registry import CHECKS as CHECKS
from byhand.evaluation.doctor.checks.registry import Check as Check
from byhand.evaluation.doctor.checks.registry import in_causal_order as in_causal_order
from byhand.evaluation.doctor.checks.registry import register_check as register_check

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
