"""Language models of transformers from tiny configurations, each with a batch of random words: `texts.py:llama`."""

from __future__ import annotations

import os
from typing import Any

import torch

VOCABULARY = 100


def text_model(model: str, configuration: str, batch: int, length: int, **sizes: Any) -> tuple[torch.nn.Module, dict]:
    """A model in training mode and a batch, labels included, so that it gives its own loss; nothing is downloaded."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    _load_torchvision_where_installed()
    import transformers

    sizes = {"vocab_size": VOCABULARY, **sizes}
    made = getattr(transformers, model)(getattr(transformers, configuration)(**sizes))
    words = torch.randint(sizes["vocab_size"], (batch, length))
    return made.train(), {"input_ids": words, "labels": words}


def _load_torchvision_where_installed() -> None:
    """transformers imports torchvision where it is."""
    from tests.models.operators import load_torchvision

    try:
        load_torchvision()
    except ImportError:
        return


def _decoder(hidden: int, layers: int) -> dict[str, int]:
    return {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "intermediate_size": 2 * hidden,
        "num_attention_heads": 4,
        "max_position_embeddings": 512,
    }


def llama(hidden: int = 32, layers: int = 3, batch: int = 2, length: int = 12) -> tuple[torch.nn.Module, dict]:
    sizes = _decoder(hidden, layers) | {"num_key_value_heads": 2}
    return text_model("LlamaForCausalLM", "LlamaConfig", batch, length, **sizes)


def gemma(hidden: int = 32, layers: int = 3, batch: int = 2, length: int = 12) -> tuple[torch.nn.Module, dict]:
    """Its weight is 1 plus a parameter."""
    sizes = _decoder(hidden, layers) | {"num_key_value_heads": 2, "head_dim": hidden // 4}
    return text_model("GemmaForCausalLM", "GemmaConfig", batch, length, **sizes)


def bert(hidden: int = 32, layers: int = 3, batch: int = 2, length: int = 12) -> tuple[torch.nn.Module, dict]:
    return text_model("BertForMaskedLM", "BertConfig", batch, length, **_decoder(hidden, layers))


def t5(hidden: int = 32, layers: int = 2, batch: int = 2, length: int = 12) -> tuple[torch.nn.Module, dict]:
    sizes = {"d_model": hidden, "d_kv": hidden // 4, "d_ff": 2 * hidden, "num_layers": layers, "num_heads": 4}
    return text_model("T5ForConditionalGeneration", "T5Config", batch, length, decoder_start_token_id=0, **sizes)


def mamba(hidden: int = 32, layers: int = 3, batch: int = 2, length: int = 12) -> tuple[torch.nn.Module, dict]:
    sizes = {"hidden_size": hidden, "num_hidden_layers": layers, "state_size": 8}
    return text_model("MambaForCausalLM", "MambaConfig", batch, length, **sizes)
