// The tokenizer inside a GGUF file, made of the same parts as any other. Kinds (`tokenizer.ggml.model`): gpt2, a
// byte-level BPE whose pre-tokenizer is called by name; llama, a SentencePiece BPE with scores; t5, a SentencePiece
// unigram. A GGUF says nothing about normalizers (NFC), so none is applied.
#pragma once

#include <memory>
#include <string>

#include "core/model/gguf.h"
#include "core/text/tokenizer.h"

namespace core {

// Errors: a kind or pre-tokenizer that is not known, lists of different lengths, what the tokenizers refuse. Messages
// begin with `place`.
Result<std::shared_ptr<const Tokenizer>> makeGgufTokenizer(const GgufHeader& header, const std::string& place);

// Of a file that need not hold a model.
Result<std::shared_ptr<const Tokenizer>> loadGgufTokenizer(const std::filesystem::path& path);

}  // namespace core
