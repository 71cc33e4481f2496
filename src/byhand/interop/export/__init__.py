"""Exports a trained network as a file that other programs run without byhand.

    byhand.export(net, "digits.c")            # the extension chooses the target
    byhand.verify_export("digits.c").difference

Each target is one module here, and an entry of `formats.py`.
"""

from byhand.interop.export.formats import TARGETS as TARGETS
from byhand.interop.export.formats import WITHOUT_VECTORS as WITHOUT_VECTORS
from byhand.interop.export.formats import ending_of as ending_of
from byhand.interop.export.quantise import int8_accuracy as int8_accuracy
from byhand.interop.export.verify import Verified as Verified
from byhand.interop.export.verify import verify_export as verify_export
from byhand.interop.export.write import choose_target as choose_target
from byhand.interop.export.write import export as export
