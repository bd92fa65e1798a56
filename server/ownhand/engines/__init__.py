"""Who generates: Ollama, embedded llama.cpp, any OpenAI-compatible server, and a scripted one for tests."""
