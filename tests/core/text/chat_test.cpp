#include "core/text/chat.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/core/model/gguf_bytes.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;

std::string templateIn(const Json& config) {
  const auto found = core::chatTemplateOf(config.dump());
  if (!found) return "error: " + found.error().message;
  return *found ? (*found)->text : "none";
}

std::string like(std::string_view text) {
  const core::ChatWrapper* wrapper = core::wrapperLike(text);
  return wrapper ? std::string(wrapper->name) : "";
}

TEST(Chat, AWrapperPutsItsMarksAroundTheTextAndEndsWhereTheAnswerBegins) {
  const auto wrap = [](const char* name) { return core::wrapAsChat(*core::chatWrapperNamed(name), "Hi"); };
  EXPECT_EQ(wrap("chatml"), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(wrap("llama2"), "[INST] Hi [/INST]");
  EXPECT_EQ(
      wrap("llama3"),
      "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");
  EXPECT_EQ(wrap("gemma"), "<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n");
  EXPECT_EQ(wrap("yuan"), "Hi<sep>");
  EXPECT_EQ(core::chatWrapperNamed("nobody"), nullptr);
}

TEST(Chat, WhatWasWrappedComesOutOfItsOwnFormAndOfNoOther) {
  for (const core::ChatWrapper& wrapper : core::chatWrappers()) {
    EXPECT_EQ(core::unwrapChat(wrapper, core::wrapAsChat(wrapper, "Hi\n")), "Hi\n") << wrapper.name;
    EXPECT_EQ(core::unwrapChat(wrapper, core::wrapAsChat(wrapper, "")), "") << wrapper.name;
    EXPECT_FALSE(core::unwrapChat(wrapper, "")) << wrapper.name;
  }
  EXPECT_FALSE(core::unwrapChat(*core::chatWrapperNamed("chatml"), "[INST] Hi [/INST]"));
  EXPECT_FALSE(core::unwrapChat(*core::chatWrapperNamed("llama2"), "[INST] [/INST]")) << "the marks may not overlap";
}

TEST(Chat, EveryWrapperHasANameOfItsOwnAndIsFoundByItsOwnForm) {
  std::set<std::string_view> names;
  for (const core::ChatWrapper& wrapper : core::chatWrappers()) {
    EXPECT_TRUE(names.insert(wrapper.name).second) << wrapper.name;
    EXPECT_FALSE(wrapper.models.empty() || wrapper.mark.empty()) << wrapper.name;
    EXPECT_EQ(like(wrapper.mark), wrapper.name);
  }
}

TEST(Chat, APublishedTemplateIsLikenedToTheWrapperOfItsForm) {
  EXPECT_EQ(like("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content']}}"),
            "chatml");
  EXPECT_EQ(like("{{ '[INST] ' + message['content'] + ' [/INST]' }}"), "llama2");
  EXPECT_EQ(like("{{ '[INST]' + message['content'] + '[/INST]' }}"), "mistral");
  EXPECT_EQ(like("{{ '<|user|>\n' + message['content'] + eos_token }}"), "zephyr");
  EXPECT_EQ(like("{{ '<|user|>\n' + message['content'] + '\n' }}{{ '<|assistant|>\n' }}"), "tulu");
  EXPECT_EQ(like("{{ 'User: ' + message['content'] + '\n\n' }}"), "deepseek");
  EXPECT_EQ(like("{{ message['content'] }}"), "");
}

TEST(Chat, TheTemplateIsATextOrTheDefaultOneOfAList) {
  EXPECT_EQ(templateIn({{"bos_token", "<s>"}}), "none");
  EXPECT_EQ(templateIn({{"chat_template", nullptr}}), "none");
  EXPECT_EQ(templateIn({{"chat_template", "{{ x }}"}}), "{{ x }}");
  const Json tool = {{"name", "tool_use"}, {"template", "a"}}, plain = {{"name", "default"}, {"template", "b"}};
  EXPECT_EQ(templateIn({{"chat_template", {tool, plain}}}), "b");
  EXPECT_EQ(templateIn({{"chat_template", {tool}}}), "a");
  EXPECT_EQ(templateIn({{"chat_template", Json::array()}}), "none");
  EXPECT_EQ(templateIn({{"chat_template", 5}}),
            "error: tokenizer_config.json: chat_template: expected a text, or a list of a name and a text each, found "
            "number");
  EXPECT_EQ(templateIn({{"chat_template", {tool, {{"name", "x"}}}}}).substr(0, 6), "error:");
  EXPECT_EQ(templateIn({{"chat_template", {1}}}).substr(0, 6), "error:");
  EXPECT_EQ(templateIn(Json::array()), "error: tokenizer_config.json: expected an object, found array");
  EXPECT_FALSE(core::chatTemplateOf("{"));
}

TEST(Chat, AGgufFileHoldsItsTemplateItself) {
  const test::ScratchFolder scratch;
  const std::filesystem::path file = scratch.path() / "model.gguf";
  test::GgufBytes with, without, number;
  with.text("tokenizer.chat_template", "{{ '<|im_start|>' }}");
  without.text("general.name", "x");
  number.number("tokenizer.chat_template", 3);
  test::writeFile(file, with.file());
  EXPECT_EQ((**core::readChatTemplate(file)).text, "{{ '<|im_start|>' }}");
  EXPECT_EQ((**core::readChatTemplate(file)).file, "model.gguf");
  test::writeFile(file, without.file());
  EXPECT_EQ(*core::readChatTemplate(file), std::nullopt);
  test::writeFile(file, number.file());
  EXPECT_EQ(*core::readChatTemplate(file), std::nullopt);
  test::writeFile(file, "GGUF");
  EXPECT_FALSE(core::readChatTemplate(file));
}

TEST(Chat, AFileOfItsOwnGoesBeforeTheConfig) {
  const test::ScratchFolder scratch;
  EXPECT_EQ(*core::readChatTemplate(scratch.path()), std::nullopt);
  std::ofstream(scratch.path() / "tokenizer_config.json") << Json{{"chat_template", "old"}}.dump();
  EXPECT_EQ((**core::readChatTemplate(scratch.path())).text, "old");
  EXPECT_EQ((**core::readChatTemplate(scratch.path())).file, "tokenizer_config.json");
  std::ofstream(scratch.path() / "chat_template.jinja") << "new\n";
  EXPECT_EQ((**core::readChatTemplate(scratch.path())).text, "new\n");
  EXPECT_EQ((**core::readChatTemplate(scratch.path())).file, "chat_template.jinja");
}

TEST(Chat, MarksThatTheModelHasNoTokenForAreNamed) {
  const Json tokenizer = {
      {"model", {{"type", "BPE"}, {"vocab", {{"a", 0}, {"<|im_start|>", 1}}}, {"merges", Json::array()}}},
      {"added_tokens", {{{"id", 1}, {"content", "<|im_start|>"}, {"special", true}}}}};
  const auto loaded = core::Tokenizer::loadFromMemory(tokenizer.dump(), "");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(core::marksWithoutToken(*core::chatWrapperNamed("chatml"), **loaded),
            std::vector<std::string>{"<|im_end|>"});
  EXPECT_EQ(core::marksWithoutToken(*core::chatWrapperNamed("mistral"), **loaded),
            (std::vector<std::string>{"[INST]", "[/INST]"}));
  EXPECT_TRUE(core::marksWithoutToken(*core::chatWrapperNamed("llama2"), **loaded).empty())
      << "spelt out by its models";
}

}  // namespace
