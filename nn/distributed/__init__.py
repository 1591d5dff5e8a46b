"""Training on several processes, which ``mpiexec`` starts: the same script, data and weights as on one process."""

from nn.distributed.averaged import Averaged as Averaged
from nn.distributed.batch_norm import SyncBatchNorm as SyncBatchNorm
from nn.ranks import rank as rank, size as size
