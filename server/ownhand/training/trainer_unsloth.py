"""The same lesson on a model that Unsloth has prepared: its kernels on a graphics card, its CPU backend without one."""

import os
from pathlib import Path

import torch

from ownhand.training.job import Job
from ownhand.training.trainer_peft import TARGETS, Taught, dtype_on, taught

_ENVIRONMENT = {
    "UNSLOTH_DISABLE_STATISTICS": "1",
    # Compiling costs a minute at the start of every training, which a small corpus never earns back.
    "UNSLOTH_COMPILE_DISABLE": "1",
}


def load(job: Job, device: str, *, recompute: bool) -> Taught:
    """As `trainer_peft.load`. Raises ImportError, or what Unsloth does when it can't drive this machine."""
    os.environ.update(_ENVIRONMENT | ({"UNSLOTH_FORCE_CPU": "1"} if device == "cpu" else {}))
    from unsloth import FastLanguageModel

    recipe = job.recipe
    base, _ = FastLanguageModel.from_pretrained(
        str(job.base.folder),
        tokenizer_name=str(_stand_in(job)),
        max_seq_length=recipe.max_tokens,
        dtype=dtype_on(device),
        load_in_4bit=False,
        local_files_only=True,
    )
    torch.manual_seed(recipe.seed)
    model = FastLanguageModel.get_peft_model(
        base,
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        use_rslora=recipe.rslora,
        target_modules=list(TARGETS),
        bias="none",
        random_state=recipe.seed,
        use_gradient_checkpointing="unsloth" if recompute and device != "cpu" else recompute,
    )
    return taught(model)


def _stand_in(job: Job) -> Path:
    """A folder with a tokenizer of one word. Unsloth wants one; samples are ids, so it is never asked."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    folder, word = job.folder / "tokenizer", "?"
    one_word = Tokenizer(WordLevel({word: 0}, unk_token=word))
    roles = dict.fromkeys(("unk_token", "pad_token", "bos_token", "eos_token"), word)
    PreTrainedTokenizerFast(tokenizer_object=one_word, **roles).save_pretrained(str(folder))
    return folder
