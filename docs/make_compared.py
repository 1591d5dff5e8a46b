"""Draws the networks of docs/compared.md with the other tools of the page: docs/pictures/compared/.

    python docs/make_compared.py TRACE_GRAPH.IPYNB

The argument is the notebook of micrograd with its function `draw_dot`. The script needs Graphviz's dot, Chromium and an
environment with micrograd, netron, onnx, onnxscript, playwright, tensorboard, torch 2.13.0, torchview and torchviz.
`docs/make_gallery.py` makes chainrule's pictures for the page.
"""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import torch
from micrograd.engine import Value
from playwright.sync_api import sync_playwright
from torch import nn, onnx, tensor
from torch.nn.functional import cross_entropy
from torch.utils.tensorboard import SummaryWriter
from torchview import draw_graph
from torchviz import make_dot

PICTURES = Path(__file__).resolve().parent / "pictures" / "compared"
TALL = {"mlp": 700, "block": 1100}  # heights of the window in which TensorBoard's graphs are legible
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def save(graph, name):
    """A graph of the package graphviz as SVG."""
    (PICTURES / f"{name}.svg").write_bytes(graph.pipe("svg"))


def networks():
    """The two networks, each with an input; the neuron is a formula."""
    torch.manual_seed(0)
    mlp = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    block = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, norm_first=True, batch_first=True)
    return {"mlp": (mlp, torch.randn(8, 64)), "block": (block, torch.randn(2, 5, 32))}


def draw_neuron(notebook):
    """y = tanh(x w + b) by torchviz, and with a ReLU, which is all that micrograd has, by micrograd."""
    x, w, b = (tensor(value, requires_grad=True) for value in (2.0, -3.0, 6.5))
    save(make_dot((x * w + b).tanh(), {"x": x, "w": w, "b": b}), "neuron_torchviz")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    names = {}
    for cell in cells[:3]:  # imports, and the functions `trace` and `draw_dot`
        exec("".join(cell["source"]), names)
    x, w, b = Value(2.0), Value(-3.0), Value(6.5)
    y = (x * w + b).relu()
    y.backward()
    save(names["draw_dot"](y, rankdir="TB"), "neuron_micrograd")


def draw_networks(found):
    """The networks by the two tools that draw with Graphviz."""
    for name, (model, x) in found.items():
        y = model(x)
        loss = cross_entropy(y, torch.zeros(8, dtype=torch.long)) if name == "mlp" else y
        save(make_dot(loss, dict(model.named_parameters())), f"{name}_torchviz")
        save(draw_graph(model, x, expand_nested=True, mode="train").visual_graph, f"{name}_torchview")


@contextmanager
def serving(*command):
    """The address at which a tool serves its page."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    tool, *arguments = command
    started = [Path(sys.executable).with_name(tool), *arguments, "--port", str(port)]
    process = subprocess.Popen(started, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("localhost", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def photograph(found, folder):
    """The networks in the pages of Netron and TensorBoard."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, (model, x) in found.items():
            file, logs = folder / f"{name}.onnx", folder / name
            onnx.export(model.eval(), (x,), file, dynamo=True, external_data=False)
            writer = SummaryWriter(logs)
            writer.add_graph(model, x)
            writer.close()
            with serving("netron", str(file)) as address:
                page = browser.new_page(viewport={"width": 520, "height": 3000})
                page.goto(address)
                page.get_by_text("Accept").click()
                page.wait_for_timeout(5000)
                box = page.locator("#origin").bounding_box()
                clip = {"x": 0, "y": box["y"] - 10, "width": 520, "height": box["height"] + 20}
                page.screenshot(path=PICTURES / f"{name}_netron.png", clip=clip)
            with serving("tensorboard", "--logdir", str(logs)) as address:
                size = {"width": 1100, "height": TALL[name]}
                page = browser.new_page(viewport=size, device_scale_factor=2)
                page.goto(f"{address}/#graphs")
                box = page.locator(f'g.node[data-name^="{type(model).__name__}"] rect').first.bounding_box()
                page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
                page.locator(f'g.node[data-name^="{type(model).__name__}/"]').first.wait_for()  # it is open
                page.get_by_text("Fit to screen").click()
                page.wait_for_timeout(2000)
                clip = {"x": 290, "y": 135, "width": 460, "height": TALL[name] - 135}
                page.screenshot(path=PICTURES / f"{name}_tensorboard.png", clip=clip)
        browser.close()


def main():
    """Draw everything."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PICTURES.mkdir(parents=True, exist_ok=True)
    torch.backends.mha.set_fastpath_enabled(False)  # one fused op, which none of the tools could look into
    draw_neuron(Path(sys.argv[1]))
    found = networks()
    draw_networks(found)
    with tempfile.TemporaryDirectory() as folder:
        photograph(found, Path(folder))


if __name__ == "__main__":
    main()
