"""Checkpoints: everything that a training needs to go on as if it had never stopped. Runs in the trainer's child.

A checkpoint is a folder with `state.safetensors` (the adapter, its running mean, AdamW's moments) and `step.json`. It
is written under another name, synced and renamed; the last two stay, so that a damaged one costs a few minutes and no
more.
"""

import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ownhand.errors import WriterError
from ownhand.home import make_private_folder, sync, write_json
from ownhand.training.averaging import RunningMean, put
from ownhand.training.job import Job

FORMAT = 2
_TENSORS, _STEP = "state.safetensors", "step.json"
_KEPT = 2
_MOMENTS = ("exp_avg", "exp_avg_sq")
_MEAN = "mean"
Parameters = Mapping[str, torch.nn.Parameter]


def save_checkpoint(
    job: Job, trained: Parameters, optimizer: torch.optim.Optimizer, mean: RunningMean, facts: Mapping[str, Any]
) -> None:
    """Raises WriterError when the disk refuses; the checkpoints before it are then untouched."""
    tensors: dict[str, torch.Tensor] = dict(trained)
    for name, parameter in trained.items():
        state = optimizer.state.get(parameter, {})
        tensors |= {f"{moment}/{name}": state[moment] for moment in _MOMENTS if moment in state}
    tensors |= {f"{_MEAN}/{name}": value for name, value in mean.values.items()}
    target = job.checkpoint(int(facts["step"]))
    if not target.exists():
        write_folder(target, tensors, {_STEP: {"format": FORMAT, **facts}}, _TENSORS)
    for old in job.checkpoints()[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(
    job: Job, trained: Parameters, optimizer: torch.optim.Optimizer, mean: RunningMean
) -> dict[str, Any] | None:
    """Put the newest checkpoint that is whole into all three; returns its facts, None without any."""
    for folder in reversed(job.checkpoints()):
        try:
            facts = json.loads((folder / _STEP).read_bytes())
            tensors = load_file(folder / _TENSORS)
            _restore(trained, optimizer, mean, tensors, int(facts["step"]))
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
        (temporary / name).chmod(0o600)
        sync(temporary / name)
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


def _restore(
    trained: Parameters,
    optimizer: torch.optim.Optimizer,
    mean: RunningMean,
    tensors: Mapping[str, torch.Tensor],
    step: int,
) -> None:
    """Raises KeyError, before anything is changed, when one is missing."""
    values = {name: tensors[name] for name in trained}
    means = {name: tensors[f"{_MEAN}/{name}"].to(parameter.device) for name, parameter in trained.items()}
    moments = {
        name: {moment: tensors[f"{moment}/{name}"].to(parameter.device) for moment in _MOMENTS}
        for name, parameter in trained.items()
    }
    put(trained, values)
    mean.values = means
    for name, parameter in trained.items():
        optimizer.state[parameter] = {"step": torch.tensor(float(step)), **moments[name]}
