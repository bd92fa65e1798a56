"""Checkpoints: everything that a training needs to go on as if it had never stopped. Runs in the trainer's child.

A checkpoint is a folder with `state.safetensors` (the adapter and AdamW's moments) and `step.json`. It is written under
another name, synced and renamed; the last two stay, so that a damaged one costs a few minutes and no more.
"""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ownhand.errors import WriterError
from ownhand.home import make_private_folder, write_json
from ownhand.training.job import Job

FORMAT = 1
_TENSORS, _STEP = "state.safetensors", "step.json"
_KEPT = 2
_MOMENTS = ("exp_avg", "exp_avg_sq")


def save_checkpoint(job: Job, model: Any, optimizer: torch.optim.Optimizer, facts: Mapping[str, Any]) -> None:
    """Raises WriterError when the disk refuses; the checkpoints before it are then untouched."""
    tensors = dict(_trained(model))
    for name, parameter in _trained(model):
        state = optimizer.state.get(parameter, {})
        tensors |= {f"{moment}/{name}": state[moment] for moment in _MOMENTS if moment in state}
    target = job.checkpoint(int(facts["step"]))
    if not target.exists():
        write_folder(target, tensors, {_STEP: {"format": FORMAT, **facts}}, _TENSORS)
    for old in job.checkpoints()[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(job: Job, model: Any, optimizer: torch.optim.Optimizer) -> dict[str, Any] | None:
    """Put the newest checkpoint that is whole into `model` and `optimizer`; returns its facts, None without any."""
    for folder in reversed(job.checkpoints()):
        try:
            facts = json.loads((folder / _STEP).read_bytes())
            tensors = load_file(folder / _TENSORS)
            _restore(model, optimizer, tensors, int(facts["step"]))
        except (OSError, ValueError, KeyError, SafetensorError):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            return dict(facts)
    return None


def write_folder(
    target: Path, tensors: Mapping[str, torch.Tensor], notes: Mapping[str, Mapping[str, Any]], name: str
) -> None:
    """A folder with one file of tensors and small JSON files, in one step. Replaces what is there."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        make_private_folder(temporary)
        whole = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
        save_file(whole, temporary / name)
        _sync(temporary / name)
        for file, note in notes.items():
            write_json(temporary / file, note)
        shutil.rmtree(target, ignore_errors=True)
        temporary.replace(target)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or "the disk refuses"
        raise WriterError(
            f"What was learned so far can't be kept: {reason}.",
            "Free some space, then run the same command again; it goes on from the last checkpoint.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _trained(model: Any) -> list[tuple[str, torch.nn.Parameter]]:
    return [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]


def _restore(model: Any, optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor], step: int) -> None:
    trained = _trained(model)
    for name, parameter in trained:
        parameter.data.copy_(tensors[name])
    for name, parameter in trained:
        moments = {moment: tensors[f"{moment}/{name}"].to(parameter.device) for moment in _MOMENTS}
        optimizer.state[parameter] = {"step": torch.tensor(float(step)), **moments}


def _sync(path: Path) -> None:
    path.chmod(0o600)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
