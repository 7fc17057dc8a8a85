"""Prints what TensorBoard itself reads from a folder of event files, as JSON."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
events.Reload()
tags = events.Tags()
print(json.dumps({
    "scalars": {
        tag: [[event.step, event.value] for event in events.Scalars(tag)]
        for tag in tags["scalars"]
    },
    "images": {
        tag: [[event.step, event.width, event.height, event.encoded_image_string.hex()]
              for event in events.Images(tag)]
        for tag in tags["images"]
    },
}, sort_keys=True))
