"""One run: an adapter is taught by the product's loop, then scored and let write beside the base it was taught on."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from bench.voice.packs import Pack
from bench.voice.runs import Run
from bench.voice.scoring import bits
from bench.voice.variation import LabLesson
from bench.voice.writing import write
from ownhand.training import trainer_peft
from ownhand.training.averaging import put
from ownhand.training.evaluation import load_model
from ownhand.training.evaluation_plan import COLD, DOCUMENT, PASSAGES
from ownhand.training.job import BaseModel, Job
from ownhand.training.wishes import Control

_MICRO_TOKENS = 2_048
_DIGITS = 3
_OTHER_SEED = 10
"""Far enough from the seeds of the experiments that no run of a soup is one of theirs, but for its first."""
_JUDGED = "float32"
"""What models are measured in. Taught in it too, the base need not be loaded again."""


class Lab:
    """The base on one device, in 32 bits. Adapters are folded into it and taken off again to the last bit."""

    def __init__(self, base: BaseModel, device: str, scratch: Path, threads: int = 1) -> None:
        self._base, self._device, self._scratch = base, device, scratch
        self._model = load_model(base.folder, threads, device)
        # It fills whatever is not written yet: half of a card's orders, and nothing here depends on it.
        torch.use_deterministic_algorithms(False)
        # Ten times as fast, and the base is measured with the same rounding. Processes that share a card wait for each
        # other's large kernels.
        torch.backends.cuda.matmul.allow_tf32 = True
        self._plain = {name: value.clone() for name, value in self._model.named_parameters() if "_proj" in name}

    def perform(self, run: Run, pack: Pack) -> Iterator[dict[str, Any]]:
        """A record for the run, and one for each average that it asked for."""
        if run.bare:
            yield self._record(run, pack, self._model, {})
            return
        if run.variation.soup > 1:
            yield self._mixed(run, pack)
            return
        with self._lesson(run, pack) as (lesson, facts):
            for name, values in {"": {}, **lesson.averaged}.items():
                if values:
                    put(lesson.trained, values)
                yield self._folded(lesson, run, pack, facts | {"average": name})

    def _mixed(self, run: Run, pack: Pack) -> dict[str, Any]:
        """The base with the mean of what several runs changed in it."""
        among = run.variation.soup
        changes = {name: torch.zeros_like(value) for name, value in self._plain.items()}
        facts: dict[str, Any] = {"seconds": 0.0}
        for number in range(among):
            with self._lesson(replace(run, seed=run.seed + _OTHER_SEED * number), pack) as (lesson, of_one):
                facts = of_one | {"seconds": facts["seconds"] + of_one["seconds"]}
                with self._merged(lesson.model) as model:
                    for name, value in self._changed(model):
                        changes[name] += (value.detach() - self._plain[name]) / among
        with torch.no_grad():
            for name, value in self._changed(self._model):
                value.add_(changes[name])
        try:
            return self._record(run, pack, self._model, facts)
        finally:
            self._restore(self._model)

    def measured(self, adapter: Path, run: Run, pack: Pack, facts: dict[str, Any]) -> dict[str, Any]:
        """What an adapter does that something else taught."""
        dressed = PeftModel.from_pretrained(self._model, str(adapter), is_trainable=False)
        try:
            return self._judged(dressed, run, pack, facts)
        finally:
            self._model = dressed.unload()

    @contextmanager
    def taught(self, run: Run, pack: Pack) -> Iterator[Any]:
        """The model with what the run learned, until the block ends."""
        with self._lesson(run, pack) as (lesson, _), self._merged(lesson.model) as model:
            yield model

    @contextmanager
    def _lesson(self, run: Run, pack: Pack) -> Iterator[tuple[LabLesson, dict[str, Any]]]:
        """A lesson that was learned; when the block ends, its adapter is off the base again."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            lesson, facts = self._taught(run, pack, Path(folder) / "job")
            try:
                yield lesson, facts
            finally:
                lesson.end()
                if run.dtype == _JUDGED:
                    self._model = lesson.model.unload()

    @property
    def model(self) -> Any:
        """The base."""
        return self._model

    def _taught(self, run: Run, pack: Pack, folder: Path) -> tuple[LabLesson, dict[str, Any]]:
        folder.mkdir()
        job = Job(folder, self._base, run.recipe, self._device)
        if run.dtype == _JUDGED:
            taught = trainer_peft.fresh(self._model, job)
        else:
            taught = trainer_peft.load(job, self._device, recompute=False, dtype=getattr(torch, run.dtype))
        everything = run.variation.everything
        tables = (pack.train + pack.validation, []) if everything else (pack.train, pack.validation)
        lesson = LabLesson(
            run.variation, job, taught.model, taught.body, taught.head, tables, _MICRO_TOKENS, Control(), lambda _: None
        )
        began = time.monotonic()
        progress = lesson.run()
        seconds = time.monotonic() - began
        return lesson, {
            "steps": progress.step,
            "seconds": round(seconds, 2),
            "tokens_per_second": round(progress.tokens / seconds, 1),
            "loss": progress.loss,
            "validation": progress.validation,
        }

    def _folded(self, lesson: LabLesson, run: Run, pack: Pack, facts: dict[str, Any]) -> dict[str, Any]:
        if run.dtype == _JUDGED:
            return self._judged(lesson.model, run, pack, facts)
        trainer_peft.write_adapter(lesson.job, lesson.model)
        return self.measured(lesson.job.adapter, run, pack, facts)

    def _judged(self, dressed: Any, run: Run, pack: Pack, facts: dict[str, Any]) -> dict[str, Any]:
        with self._merged(dressed) as model:
            return self._record(run, pack, model, facts)

    @contextmanager
    def _merged(self, dressed: Any) -> Iterator[Any]:
        dressed.eval()
        dressed.merge_adapter()
        try:
            yield dressed.get_base_model()
        finally:
            dressed.unmerge_adapter()
            self._restore(dressed.get_base_model())

    def _changed(self, model: Any) -> Iterator[tuple[str, Any]]:
        """The weights that an adapter is folded into, by their names in the base."""
        for name, value in model.named_parameters():
            if (plain := name.replace(".base_layer", "")) in self._plain:
                yield plain, value

    def _restore(self, model: Any) -> None:
        with torch.no_grad():
            for name, value in self._changed(model):
                value.copy_(self._plain[name])

    def _record(self, run: Run, pack: Pack, model: Any, facts: dict[str, Any]) -> dict[str, Any]:
        prompts = (DOCUMENT, PASSAGES) if run.whole else (DOCUMENT,)
        items = [item for item in pack.plan.scored if item.heat == COLD and item.prompt in prompts]
        scored = {name: round(value, _DIGITS) for name, value in bits(model, items).items()}
        written = write(model, pack.starts, self._base.special.eos or 0) if run.write else []
        kind = torch.cuda.get_device_name() if self._device == "cuda" else "cpu"
        return {"key": run.key, "run": run.to_json(), "device": kind, "torch": torch.__version__, **facts,
                "bits": scored, "written": written}  # fmt: skip
