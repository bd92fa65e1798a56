"""llama.cpp's HTTP server on a loopback port: MODEL LORA. Says its address as JSON, leaves when stdin closes."""

import json
import sys

import xllamacpp

settings = xllamacpp.CommonParams()
settings.model.path = sys.argv[1]
settings.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(sys.argv[2], 0.0)]
settings.n_ctx, settings.n_parallel, settings.cache_ram_mib, settings.n_batch = 4096, 1, 0, 128
settings.ui, settings.endpoint_props = False, True
settings.hostnames, settings.port = ["127.0.0.1"], 0
server = xllamacpp.Server(settings)
print(json.dumps({"address": server.listening_address}), flush=True)
sys.stdin.read()
