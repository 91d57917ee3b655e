#include "app/docks/lab_controls.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QVBoxLayout>
#include <algorithm>

#include "app/docks/eliding_box.h"

namespace app {
namespace {

constexpr int kRecorded = -1;  // data of the first policy; of the first rule: none
constexpr int kMostSeed = 1 << 30;

const QStringList kWeightForms = {"raw", "renorm", "softmax_topk", "sigmoid", "sigmoid_renorm", "double_softmax"};
const QStringList kOrders = {"rank_major", "token_major", "batch_priority", "by_score", "permuted"};
const QStringList kDropWeights = {"before", "after", "raw"};

void lock(QComboBox& box, int row, const std::string& whyNot) {
  box.setItemData(row, QString::fromStdString(whyNot), Qt::ToolTipRole);
  static_cast<QStandardItemModel*>(box.model())->item(row)->setEnabled(false);
}

QComboBox* listBox(const QString& name, const QString& words) {
  auto* box = new ElidingBox;
  box->setObjectName(name);
  box->setAccessibleName(words);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(10);
  return box;
}

// What spin boxes of either kind have in common here.
template <class Box>
Box* field(const QString& name, const QString& label) {
  auto* box = new Box;
  box->setObjectName(name);
  box->setAccessibleName(QString(label).remove('&'));
  box->setKeyboardTracking(false);
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  return box;
}

bool always(const ui::LabView&, bool) { return true; }

// A setting that a changed policy reads.
std::function<bool(const ui::LabView&, bool)> where(bool ui::LabSettings::*member) {
  return [member](const ui::LabView& view, bool changed) { return changed && view.settings.*member; };
}

}  // namespace

LabControls::LabControls(QWidget* parent) : QWidget(parent) { makeRows(); }

void LabControls::change(const std::function<void(Options&)>& set) {
  if (m_showing) return;
  Options options = m_now;
  set(options);
  emit changeEdited(options);
}

QSpinBox* LabControls::whole(const QString& name, const QString& label, int most, const IsThere& isThere,
                             const std::function<int(const Options&)>& get,
                             const std::function<void(Options&, int)>& set) {
  auto* box = field<QSpinBox>(name, label);
  box->setRange(0, most);
  connect(box, &QSpinBox::valueChanged, this,
          [this, set](int value) { change([&](Options& options) { set(options, value); }); });
  m_form->addRow(label, box);
  m_rows.push_back({box, isThere, [box, get](const ui::LabView& view) { box->setValue(get(view.options)); }});
  return box;
}

QDoubleSpinBox* LabControls::number(const QString& name, const QString& label, double least, double most, double step,
                                    const IsThere& isThere, double core::Policy::*member) {
  auto* box = field<QDoubleSpinBox>(name, label);
  box->setDecimals(3);
  box->setRange(least, most);
  box->setSingleStep(step);
  connect(box, &QDoubleSpinBox::valueChanged, this,
          [this, member](double value) { change([&](Options& options) { options.policy.*member = value; }); });
  m_form->addRow(label, box);
  m_rows.push_back(
      {box, isThere, [box, member](const ui::LabView& view) { box->setValue(view.options.policy.*member); }});
  return box;
}

QComboBox* LabControls::list(const QString& name, const QString& label, const QStringList& entries,
                             const IsThere& isThere, const std::function<int(const Options&)>& get,
                             const std::function<void(Options&, int)>& set) {
  QComboBox* box = listBox(name, QString(label).remove('&'));
  box->addItems(entries);
  connect(box, &QComboBox::activated, this,
          [this, set](int index) { change([&](Options& options) { set(options, index); }); });
  m_form->addRow(label, box);
  m_rows.push_back({box, isThere, [box, get](const ui::LabView& view) { box->setCurrentIndex(get(view.options)); }});
  return box;
}

// The sentence that wraps stands beside the form, not in it: a form that has rows which come and go and one whose
// height depends on its width reads heights of rows that are gone (Qt 6.4).
void LabControls::makeRows() {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 8, 12, 8);
  column->setSpacing(5);
  m_policy = listBox("labPolicy", tr("Policy"));
  connect(m_policy, &QComboBox::activated, this, &LabControls::choosePolicy);
  auto* label = new QLabel(tr("&Policy"));
  label->setBuddy(m_policy);
  auto* line = new QHBoxLayout;
  line->addWidget(label);
  line->addWidget(m_policy, 1);
  column->addLayout(line);
  m_says = new QLabel;
  m_says->setObjectName("labSays");
  m_says->setProperty("role", "label");
  m_says->setWordWrap(true);
  m_says->setTextFormat(Qt::PlainText);
  column->addWidget(m_says);
  m_form = new QFormLayout;
  m_form->setVerticalSpacing(5);
  column->addLayout(m_form);
  column->addStretch(1);
  makePolicyRows();
  makeServingRows();
  makeCapacityRows();
  line->setSpacing(m_form->horizontalSpacing());
  alignLabels(*label);
}

// One column of labels, whichever rows are there.
void LabControls::alignLabels(QLabel& first) {
  std::vector<QWidget*> labels = {&first};
  for (int row = 0; row < m_form->rowCount(); ++row) {
    if (QLayoutItem* item = m_form->itemAt(row, QFormLayout::LabelRole)) labels.push_back(item->widget());
  }
  int widest = 0;
  for (const QWidget* label : labels) widest = std::max(widest, label->sizeHint().width());
  for (QWidget* label : labels) label->setMinimumWidth(widest);
}

void LabControls::makePolicyRows() {
  using Settings = ui::LabSettings;
  auto* k = whole(
      "labK", tr("&k, choices a token"), 1, [](const ui::LabView& view, bool) { return view.settings.k; },
      [](const Options& o) { return o.policy.K; }, [](Options& o, int value) { o.policy.K = value; });
  m_rows.back().show = [k](const ui::LabView& view) {
    k->setRange(view.settings.leastK, view.settings.mostK);
    k->setValue(view.options.policy.K);
  };
  QComboBox* weights = list(
      "labWeights", tr("&Weights"), kWeightForms, [](const ui::LabView& view, bool) { return view.settings.weights; },
      [](const Options&) { return 0; },
      [](Options& o, int index) { core::setWeightForm(o.policy, static_cast<core::WeightForm>(index)); });
  m_rows.back().show = [weights](const ui::LabView& view) {
    const auto forms = core::weightForms(view.options.policy.kind);
    for (int i = 0; i < weights->count(); ++i) {
      const bool has = std::find(forms.begin(), forms.end(), static_cast<core::WeightForm>(i)) != forms.end();
      static_cast<QStandardItemModel*>(weights->model())->item(i)->setEnabled(has);
      weights->setItemData(i, has ? QVariant() : tr("This policy has no such weights."), Qt::ToolTipRole);
    }
    weights->setCurrentIndex(static_cast<int>(core::weightFormOf(view.options.policy)));
  };
  number("labTemperature", tr("&Temperature"), 0.01, 100, 0.1, always, &core::Policy::temperature);
  number("labNoise", tr("&Noise, deviation"), 0, 100, 0.05, where(&Settings::noise), &core::Policy::noise)
      ->setSpecialValueText(tr("1 / experts"));
  number("labThreshold", tr("&Sum to exceed"), 0, 1, 0.05, where(&Settings::threshold), &core::Policy::threshold);
  number("labJitter", tr("&Jitter"), 0, 10, 0.01, where(&Settings::jitter), &core::Policy::jitter);
  number("labLambda", tr("Spread of &logits"), 0, 100, 0.1, where(&Settings::lambda), &core::Policy::lambda);
  const auto groups = [this](const QString& name, const QString& label, int core::GroupLimits::*member) {
    auto* box = whole(
        name, label, 1, where(&Settings::groups), [member](const Options& o) { return o.policy.groups.*member; },
        [member](Options& o, int value) { o.policy.groups.*member = value; });
    m_rows.back().show = [box, member](const ui::LabView& view) {
      box->setRange(1, view.settings.experts);
      box->setValue(view.options.policy.groups.*member);
    };
  };
  groups("labGroups", tr("&Groups of experts"), &core::GroupLimits::groups);
  groups("labGroupsChosen", tr("Groups a token may &use"), &core::GroupLimits::groupsChosen);
  list(
      "labGroupScore", tr("A group\u2019s score"), {tr("its best expert"), tr("sum of its two best")},
      where(&Settings::groups), [](const Options& o) { return static_cast<int>(o.policy.groups.score); },
      [](Options& o, int index) { o.policy.groups.score = static_cast<core::GroupScore>(index); });
  list(
      "labRounding", tr("T k / experts"), {tr("rounded down"), tr("rounded up"), tr("rounded, half to even")},
      where(&Settings::rounding), [](const Options& o) { return static_cast<int>(o.policy.rounding); },
      [](Options& o, int index) { o.policy.rounding = static_cast<core::Rounding>(index); });
  list(
      "labHash", tr("Has&h"), {"mod", "splitmix"}, where(&Settings::hash),
      [](const Options& o) { return static_cast<int>(o.policy.hash); },
      [](Options& o, int index) { o.policy.hash = static_cast<core::HashRule>(index); });
  whole(
      "labSeed", tr("S&eed"), kMostSeed,
      [](const ui::LabView& view, bool changed) {
        const bool hash = view.options.policy.kind == core::PolicyKind::Hash;
        return changed && view.settings.seed && (!hash || view.options.policy.hash == core::HashRule::SplitMix);
      },
      [](const Options& o) { return static_cast<int>(std::min<uint64_t>(o.policy.seed, kMostSeed)); },
      [](Options& o, int value) { o.policy.seed = static_cast<uint64_t>(value); });
}

void LabControls::makeServingRows() {
  QComboBox* order = list(
      "labOrder", tr("Served in &order"), kOrders, always,
      [](const Options& o) { return static_cast<int>(o.serving.order); },
      [](Options& o, int index) { o.serving.order = static_cast<core::ServingOrder>(index); });
  const QStringList says = {tr("Every first choice before any second one."), tr("Token by token."),
                            tr("Tokens by their largest probability; later ones may go first."),
                            tr("Choices by their probability; later tokens may go first."),
                            tr("Tokens in a random order, every first choice before any second one.")};
  for (int i = 0; i < order->count(); ++i) order->setItemData(i, says[i], Qt::ToolTipRole);
  whole(
      "labOrderSeed", tr("Seed of the order"), kMostSeed,
      [](const ui::LabView& view, bool changed) {
        return changed && view.options.serving.order == core::ServingOrder::Permuted;
      },
      [](const Options& o) { return static_cast<int>(std::min<uint64_t>(o.serving.seed, kMostSeed)); },
      [](Options& o, int value) { o.serving.seed = static_cast<uint64_t>(value); });
  auto* sequence = whole(
      "labSequence", tr("Tokens of a se&quence"), 1, always, [](const Options& o) { return o.serving.sequence; },
      [](Options& o, int value) { o.serving.sequence = value; });
  sequence->setSpecialValueText(tr("the whole run"));
  sequence->setToolTip(
      tr("The run is cut into sequences; each queues by itself, and chooses by itself where the "
         "policy looks across tokens."));
  m_rows.back().show = [sequence](const ui::LabView& view) {
    sequence->setRange(0, std::max(view.settings.tokens, view.options.serving.sequence));
    sequence->setValue(view.options.serving.sequence);
  };
  auto* group = whole(
      "labGroupSequences", tr("Sequences of a group"), 1,
      [](const ui::LabView& view, bool changed) { return changed && view.options.serving.sequence > 0; },
      [](const Options& o) { return o.serving.sequences; }, [](Options& o, int value) { o.serving.sequences = value; });
  group->setToolTip(tr("That many sequences share their slots, the second behind the first."));
  m_rows.back().show = [group](const ui::LabView& view) {
    const int sequences = view.settings.tokens / std::max(1, view.options.serving.sequence) + 1;
    group->setRange(1, std::max(sequences, view.options.serving.sequences));
    group->setValue(view.options.serving.sequences);
  };
  QComboBox* drop = list(
      "labDropWeights", tr("Weights and &drops"),
      QStringList{tr("as before any drop")} +
          QStringList{tr("renormalised, then dropped"), tr("dropped, then renormalised"), tr("as they are, dropped 0")},
      always, [](const Options& o) { return o.dropWeights ? 1 + static_cast<int>(*o.dropWeights) : 0; },
      [](Options& o, int index) {
        o.dropWeights.reset();
        if (index > 0) o.dropWeights = core::dropWeightsFromName(kDropWeights[index - 1].toStdString());
      });
  drop->setItemData(1, tr("GShard: what is left of a token that lost a choice sums to less than 1."), Qt::ToolTipRole);
  drop->setItemData(2, tr("DeepSpeed: the kept choices of a token sum to 1 again."), Qt::ToolTipRole);
  drop->setItemData(3, tr("OpenMoE: dropped choices weigh nothing, the others what they did."), Qt::ToolTipRole);
}

void LabControls::makeCapacityRows() {
  m_rule = listBox("labRule", tr("Capacity rule"));
  connect(m_rule, &QComboBox::activated, this, &LabControls::chooseRule);
  m_form->addRow(tr("Capacity &rule"), m_rule);
  m_factor = field<QDoubleSpinBox>("labFactor", tr("Capacity factor"));
  m_factor->setRange(0.01, 64);
  m_factor->setDecimals(3);
  m_factor->setSingleStep(0.05);
  connect(m_factor, &QDoubleSpinBox::valueChanged, this, [this](double factor) {
    if (m_showing) return;
    core::CapacityOptions options = m_capacity;
    options.factor = factor;
    emit capacityEdited(options);
  });
  m_form->addRow(tr("Capacity &factor"), m_factor);
}

// Order, groups and what becomes of dropped weights stay.
void LabControls::choosePolicy(int index) {
  const int row = m_policy->itemData(index).toInt();
  if (row == kRecorded) return emit changeEdited(std::nullopt);
  Options options = m_now;
  options.policy = m_usual[static_cast<size_t>(index - 1)];
  emit changeEdited(options);
}

void LabControls::chooseRule(int index) {
  core::CapacityOptions options = m_capacity;
  const int rule = m_rule->itemData(index).toInt();
  options.active = rule != kRecorded;
  if (options.active) options.rule = static_cast<core::CapacityRule>(rule);
  emit capacityEdited(options);
}

void LabControls::showPolicies(const ui::LabView& view, const std::optional<core::ReplayOptions>& change) {
  m_policy->clear();
  m_policy->addItem(QString::fromStdString(view.asIs), kRecorded);
  m_usual.clear();
  for (const ui::LabPolicyChoice& choice : view.policies) {
    m_policy->addItem(QString::fromStdString(choice.name) + (choice.causal ? QString() : tr(" \u00B7 looks ahead")),
                      static_cast<int>(choice.kind));
    const int row = m_policy->count() - 1;
    m_policy->setItemData(row, QString::fromStdString(choice.says), Qt::ToolTipRole);
    if (!choice.whyNot.empty()) lock(*m_policy, row, choice.whyNot);
    if (change && change->policy.kind == choice.kind) {
      m_policy->setCurrentIndex(row);
      m_says->setText(QString::fromStdString(choice.says));
    }
    m_usual.push_back(choice.usual);
  }
  if (change) return;
  m_policy->setCurrentIndex(0);
  m_says->setText(tr("What the run itself chose. Choose a policy to decide again from its router logits."));
}

void LabControls::showCapacity(const ui::LabView& view, bool hasRule) {
  m_rule->clear();
  m_rule->addItem(tr("no rule"), kRecorded);
  for (const core::CapacityRule rule : core::kCapacityRules) {
    m_rule->addItem(QString::fromUtf8(core::capacityRuleName(rule).data()), static_cast<int>(rule));
    const core::Status fits = ui::ruleFits(rule, view.options.policy.K, view.settings.experts);
    if (!fits) lock(*m_rule, m_rule->count() - 1, fits.error().message);
  }
  m_rule->setCurrentIndex(hasRule ? m_rule->findData(static_cast<int>(m_capacity.rule)) : 0);
  m_factor->setValue(m_capacity.factor);
}

void LabControls::show(const ui::LabView& view, const std::optional<core::ReplayOptions>& change,
                       const core::CapacityOptions& capacity, bool hasRule) {
  m_showing = true;
  setEnabled(view.whyNot.empty());
  setToolTip(QString::fromStdString(view.whyNot));
  m_now = view.options;
  m_capacity = capacity;
  showPolicies(view, change);
  for (const Row& row : m_rows) {
    m_form->setRowVisible(row.box, row.isThere(view, change.has_value()));
    row.show(view);
  }
  showCapacity(view, hasRule);
  m_showing = false;
}

}  // namespace app
