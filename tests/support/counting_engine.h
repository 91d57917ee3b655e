// An engine that counts what it runs.
#pragma once

#include <atomic>
#include <memory>

#include "core/engine/engine.h"

namespace test {

class CountingEngine : public core::Engine {
 public:
  explicit CountingEngine(std::shared_ptr<core::Engine> inner) : m_inner(std::move(inner)) {}
  const core::Model& model() const override { return m_inner->model(); }
  const core::EngineInfo& info() const override { return m_inner->info(); }
  core::ThreadPool* threads() override { return m_inner->threads(); }
  core::Result<std::unique_ptr<core::Context>> newContext(int tokens) override { return m_inner->newContext(tokens); }
  core::Status forward(core::Context& context, std::span<const int32_t> ids, const core::RunOptions& options,
                       core::TensorSink& sink) override {
    ran += static_cast<int>(ids.size());
    return m_inner->forward(context, ids, options, sink);
  }

  std::atomic<int> ran = 0;  // tokens

 private:
  std::shared_ptr<core::Engine> m_inner;
};

}  // namespace test
