"""Object detection: the overlap of boxes, and the average precision of detectors as in PASCAL VOC and COCO."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nn.arguments import plain
from nn.metrics.arguments import class_numbers, ratio, refuse_nan
from nn.metrics.ranking import Interpolation, area

__all__ = ["DetectionScore", "box_iou", "detection_average_precision"]

Floats = NDArray[np.float64]
COCO_THRESHOLDS = tuple(float(t) for t in np.linspace(0.5, 0.95, 10))


def box_iou(a: Any, b: Any) -> Floats:
    """Intersection over union of every box of ``a`` with every box of ``b``: ``|A and B| / |A or B|``, 0 to 1.

    Boxes are ``(x1, y1, x2, y2)`` with x1 <= x2 and y1 <= y2, in any unit of length; ends are exclusive, so a box from
    0 to 10 is 10 wide. ``a`` has shape (N, 4) and ``b`` (M, 4); the result is (N, M). Two boxes without area give 0.

    Raises ValueError for other shapes, for corners in the wrong order, for NaN and infinities.

    >>> from nn.metrics import box_iou
    >>> box_iou([[0, 0, 2, 2]], [[1, 1, 3, 3], [0, 0, 2, 1]])
    array([[0.14285714, 0.5       ]])
    """
    first, second = _boxes(a), _boxes(b)
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0.0), axis=-1)
    either = _areas(first)[:, None] + _areas(second)[None, :] - both
    return ratio(both, either, zero_division=0.0)


@dataclass(frozen=True)
class DetectionScore:
    """The result of `detection_average_precision`. ``float(score)`` is the mean over all classes and thresholds.

    ``table`` has a row for each of the ``classes`` that have true boxes and a column for each of the ``thresholds``.

    >>> import numpy as np
    >>> from nn.metrics import DetectionScore
    >>> score = DetectionScore(classes=(3, 5), thresholds=(0.5, 0.75), table=np.array([[1.0, 0.5], [0.5, 0.0]]))
    >>> float(score)
    0.5
    >>> score.by_class(), score.by_threshold()
    ({3: 0.75, 5: 0.25}, {0.5: 0.75, 0.75: 0.25})
    """

    classes: tuple[int, ...]
    thresholds: tuple[float, ...]
    table: Floats

    def __float__(self) -> float:
        return float(self.table.mean()) if self.table.size else float("nan")

    def by_class(self) -> dict[int, float]:
        """The mean over the thresholds, for each class."""
        return {k: float(row.mean()) for k, row in zip(self.classes, self.table, strict=True)}

    def by_threshold(self) -> dict[float, float]:
        """The mean over the classes, for each threshold: ``[0.5]`` is COCO's AP50."""
        return {t: float(column.mean()) for t, column in zip(self.thresholds, self.table.T, strict=True) if column.size}


def detection_average_precision(
    predictions: Sequence[Mapping[str, Any]], truths: Sequence[Mapping[str, Any]],
    thresholds: float | Sequence[float] = COCO_THRESHOLDS, interpolation: Interpolation = 101,
    matching: Literal["coco", "voc"] = "coco", most: int | None = 100,
) -> DetectionScore:  # fmt: skip
    """The average precision of a detector, for each class and each threshold of overlap.

    ``predictions`` and ``truths`` have one dict for each image: ``"boxes"`` (n, 4) as in `box_iou`, ``"labels"`` (n,)
    with class indices, and for predictions ``"scores"`` (n,). For each class, the predictions of all images are
    processed by decreasing score. A prediction is correct if it overlaps by at least the threshold with a true box of
    its image and class that no earlier one has matched: with "coco" the best of the unmatched boxes, with "voc" the
    best of all, matched or not. ``interpolation`` sets how the area under the precision-recall curve is computed (see
    `average_precision`). For each image and class, only the ``most`` predictions with the largest scores count.

    The defaults are COCO's AP (Lin et al., ECCV 2014): the mean over the thresholds 0.5, 0.55, ..., 0.95.
    ``thresholds=0.5, matching="voc", most=None`` with ``interpolation=11`` is PASCAL VOC 2007's, with "all" that of
    2010 (Everingham et al., IJCV 2010). Crowds, boxes marked as difficult, and size categories are not supported.
    Classes without true boxes are omitted, since recall is 0/0; if there are no others, the mean is NaN.

    Raises ValueError for lists of different lengths, and for other shapes or values.

    >>> from nn.metrics import detection_average_precision
    >>> truth = {"boxes": [[0, 0, 10, 10]], "labels": [3]}
    >>> found = {"boxes": [[0, 0, 10, 8]], "scores": [0.9], "labels": [3]}
    >>> score = detection_average_precision([found], [truth])
    >>> round(float(score), 10), score.by_threshold()[0.5]
    (0.7, 1.0)
    """
    if len(predictions) != len(truths):
        raise ValueError(f"there are predictions for {len(predictions)} images, but truths for {len(truths)}.")
    if matching not in ("coco", "voc"):
        raise ValueError(f"matching must be 'coco' or 'voc', not {matching!r}.")
    levels = tuple(float(t) for t in np.atleast_1d(np.asarray(thresholds, np.float64)))
    if not all(0.0 < t <= 1.0 for t in levels):
        raise ValueError(f"thresholds of overlap must be greater than 0 and at most 1, not {levels}.")
    images = [(_prediction(p, i), _truth(t, i)) for i, (p, t) in enumerate(zip(predictions, truths, strict=True))]
    classes = sorted({int(k) for _, (_, labels) in images for k in labels})
    table = np.zeros((len(classes), len(levels)))
    for row, k in enumerate(classes):
        every_score: list[Floats] = [np.zeros(0)]
        every_right: list[NDArray[np.bool_]] = [np.zeros((len(levels), 0), bool)]
        count = 0
        for (boxes, labels, scores), (true_boxes, true_labels) in images:
            mine = np.flatnonzero(labels == k)
            mine = mine[np.argsort(-scores[mine], kind="stable")[:most]]
            overlaps = box_iou(boxes[mine], true_boxes[true_labels == k])
            every_score.append(scores[mine])
            every_right.append(np.stack([_matched(overlaps, t, matching) for t in levels]))
            count += overlaps.shape[1]
        order = np.argsort(-np.concatenate(every_score), kind="stable")
        right = np.cumsum(np.concatenate(every_right, axis=1)[:, order], axis=1)
        precision, recall = right / np.arange(1, len(order) + 1), right / count
        table[row] = [area(p, r, interpolation) for p, r in zip(precision, recall, strict=True)]
    return DetectionScore(tuple(classes), levels, table)


def _matched(overlaps: Floats, threshold: float, matching: str) -> NDArray[np.bool_]:
    """Which predictions (rows, by decreasing score) are right, given their overlaps with the true boxes (columns)."""
    right = np.zeros(len(overlaps), bool)
    free = np.ones(overlaps.shape[1], bool)
    if not free.size:
        return right
    for i, row in enumerate(overlaps):
        best = int(np.argmax(np.where(free, row, -1.0) if matching == "coco" else row))
        if free[best] and row[best] >= threshold:
            right[i], free[best] = True, False
    return right


def _prediction(image: Mapping[str, Any], number: int) -> tuple[Floats, NDArray[np.int64], Floats]:
    boxes, labels = _truth(image, number)
    scores = plain(image["scores"]).astype(np.float64)
    if scores.shape != labels.shape:
        raise ValueError(f"image {number} has {len(boxes)} boxes, but scores {scores}: each box needs one score.")
    refuse_nan(scores, f"scores of image {number}")
    return boxes, labels, scores


def _truth(image: Mapping[str, Any], number: int) -> tuple[Floats, NDArray[np.int64]]:
    boxes, labels = _boxes(image["boxes"]), plain(image["labels"])
    if labels.shape != (len(boxes),):
        raise ValueError(f"image {number} has {len(boxes)} boxes, but labels of shape {labels.shape}.")
    return boxes, class_numbers(labels)


def _boxes(boxes: Any) -> Floats:
    array = plain(boxes).astype(np.float64)
    if array.ndim == 1 and not array.size:
        array = array.reshape(0, 4)  # an empty list
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"boxes must have shape (N, 4), not {array.shape}.")
    wrong = ~((array[:, :2] <= array[:, 2:]).all(axis=1) & np.isfinite(array).all(axis=1))
    if wrong.any():
        raise ValueError(
            "boxes must be finite numbers (x1, y1, x2, y2) with x1 <= x2 and y1 <= y2, but one is "
            f"{array[wrong][0].tolist()}."
        )
    return array


def _areas(boxes: Floats) -> Floats:
    return np.asarray(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
