"""Trains a network in byhand and in another library at the same time, on the same batches.

twin = Twin("torch", steps=500)
net.fit(x, y, callbacks=[twin])
twin.result.largest          # of all parameters after the last step
"""

from byhand.interop.twin.callback import RIVALS as RIVALS
from byhand.interop.twin.callback import Twin as Twin
from byhand.interop.twin.result import TwinResult as TwinResult
from byhand.interop.twin.script import write_script as write_script
