// What all views are made from: a trace, and what follows from it for the whole run, worked out once a trace and not
// once a cursor.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/trace/dispatch.h"
#include "core/trace/trace.h"
#include "ui/phrases.h"
#include "ui/scene/element_id.h"
#include "ui/views/cursor.h"

namespace core {
class ThreadPool;
}

namespace ui {

// The run that is going on while its picture grows.
struct RunningState {
  int done = 0, total = 0;  // tokens
  double secondsLeft = -1;  // negative: not known yet
};

struct ViewMemo;

struct ViewSource {
  core::Trace trace;
  std::vector<std::shared_ptr<const core::LayerDispatch>> dispatch;  // (L), never null
  core::CapacityOptions recorded;                 // how the run was made; trace.info() says what is laid over it
  core::Trace beside;                             // under a replay: the run it was decided from; empty: none is known
  std::vector<float> scoreMax;                    // (L) largest score of the layer, 0 without scores
  std::vector<int> scoreTokens;                   // (L) tokens that scoreMax has seen
  std::function<std::string(int32_t)> tokenText;  // of any id of the vocabulary; unset: "#17"
  std::optional<RunningState> running;
  bool modelOpen = false;          // the model of this run; without a run, any
  bool tables = true;              // descriptions hold a row for each token or choice; a live canvas does without
  std::shared_ptr<ViewMemo> memo;  // costly results of this trace; one thread makes views of one source
  // Set where a picture must not wait: asked for measures of a layer that take longer than a frame may. They are put
  // into `memo` (ui/views/layer_measures.h) and the picture is made again. Unset: worked out at once.
  std::function<void(const ViewSource&, int layer)> measureLater;
  // Set where the router that chooses attention experts is shown in the place of the block's (routed attention): the
  // source of the block's, from which ledger and inspector are made all the same.
  std::shared_ptr<const ViewSource> block;
  const ViewSource& ofBlock() const { return block ? *block : *this; }

  bool empty() const { return trace.empty() || trace.length() == 0; }
  const core::ModelConfig& config() const { return trace.config(); }
  int layers() const { return trace.empty() ? 0 : trace.config().layers; }
  int experts() const { return trace.empty() ? 0 : trace.config().router.experts; }
  int chosen() const { return trace.empty() ? 0 : trace.config().router.chosen; }
  bool routed(int layer) const;  // the layer has a router
  std::string textOf(int32_t id) const;
  std::string tokenAt(int token) const;  // text of a token of the run; "" outside

  // Chosen experts of a token in rank order, ids outside of the model left out; empty where not recorded (yet).
  std::vector<int> chosenAt(int layer, int token) const;
  // Whether a choice found a slot: 1, 0, or -1 where no capacity rule acts or the token is not there (yet).
  int keptAt(int layer, int token, int rank) const;
  int slotAt(int layer, int token, int rank) const;  // -1: no rule
  // Under a replay: what the run itself chose, in rank order; empty where that is not known.
  std::vector<int> besideAt(int layer, int token) const;
  bool changedAt(int layer, int token) const;  // another set of experts than in the run
  bool isReplay() const { return !trace.empty() && trace.info().replay.has_value(); }
  std::span<const float> scoresAt(int layer, int token) const;
};

// `before`: the source of an earlier value of the same run, whose results are kept where nothing changed. `pool`, if
// given, shares the layers among its threads.
ViewSource makeViewSource(const core::Trace& trace, const ViewSource* before = nullptr,
                          core::ThreadPool* pool = nullptr);

// The attention router of this run in the place of the block's; the source itself where the model has none. `before`:
// as in makeViewSource.
ViewSource showingAttention(const ViewSource& source, const ViewSource* before = nullptr,
                            core::ThreadPool* pool = nullptr);

// Why an instrument has nothing to show: what is so, why, and at most two things to do about it.
struct NoticeButton {
  std::string text;
  Action action = Action::None;
};
struct Notice {
  std::string heading, sentence;
  std::vector<NoticeButton> buttons;  // the first is the default
};

struct PanelText {
  std::string title, subtitle, corner;
  Action cornerAction = Action::None, titleAction = Action::None;
  std::optional<Notice> notice;
};

// What a view says: a sentence, and its numbers.
struct Description {
  std::string sentence;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

// Reasons that are the same for many instruments; none if there is something to show.
std::optional<Notice> noRunNotice(const ViewSource& source, const Phrases& say);
std::optional<Notice> noRouterNotice(const ViewSource& source, const Cursor& cursor, const Phrases& say);
std::optional<Notice> notRecordedNotice(const ViewSource& source, core::Hook hook, const Cursor& cursor,
                                        const Phrases& say);

// The title of an instrument that follows the router: it says which of two is shown.
std::string routerTitle(const ViewSource& source, Say title, const Phrases& say);

// "{Instrument}, layer {l}, token {t} "{text}""
std::string placeSentence(const ViewSource& source, const std::string& instrument, const Cursor& cursor,
                          const Phrases& say);
Description describeNotice(const PanelText& panel);

}  // namespace ui
