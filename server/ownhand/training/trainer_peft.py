"""A model with a fresh LoRA from transformers and PEFT, and the adapter on disk as PEFT writes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from transformers import AutoModelForCausalLM

from ownhand.training.checkpoints import write_folder
from ownhand.training.job import Job

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Every linear layer but the vocabulary's, by the names that all supported families share."""


@dataclass(frozen=True)
class Taught:
    """What `trainer.Lesson` needs: the PEFT model, its body (ids, mask) -> last layer's output, its head."""

    model: Any
    body: Callable[..., torch.Tensor]
    head: torch.Tensor


def load(job: Job, device: str, *, recompute: bool, dtype: torch.dtype | None = None) -> Taught:
    """The base on `device` with a LoRA that changes nothing yet. The seed decides how it begins."""
    base = AutoModelForCausalLM.from_pretrained(
        str(job.base.folder), dtype=dtype or dtype_on(device), local_files_only=True, attn_implementation="sdpa"
    ).to(device)
    if recompute:
        base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return fresh(base, job)


def fresh(base: Any, job: Job) -> Taught:
    """`base` with a LoRA that changes nothing yet."""
    torch.manual_seed(job.recipe.seed)
    return taught(get_peft_model(base, lora_config(job)))


def taught(model: Any) -> Taught:
    inner = model.get_base_model()

    def body(ids: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        output: torch.Tensor = inner.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        return output

    return Taught(model, body, inner.get_output_embeddings().weight.detach())


def lora_config(job: Job) -> LoraConfig:
    recipe = job.recipe
    return LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        use_rslora=recipe.rslora,
        target_modules=list(TARGETS),
        bias="none",
        task_type="CAUSAL_LM",
    )


def dtype_on(device: str) -> torch.dtype:
    """32 bits on a processor, which is exact there and mostly faster; 16 on a card, beside 32 bits for the LoRA."""
    return torch.float32 if device == "cpu" else torch.bfloat16


def write_adapter(job: Job, model: Any) -> None:
    """`adapter/` in the job folder. Raises WriterError when the disk refuses."""
    config = model.peft_config["default"].to_dict()
    config = {key: _plain(value) for key, value in config.items()}
    config |= {"inference_mode": True, "base_model_name_or_path": job.base.digest}
    tensors = {name: value.float() for name, value in get_peft_model_state_dict(model).items()}
    write_folder(job.adapter, tensors, {"adapter_config.json": config}, "adapter_model.safetensors")


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else getattr(value, "value", value)
