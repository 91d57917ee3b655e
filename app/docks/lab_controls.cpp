#include "app/docks/lab_controls.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>
#include <QStandardItemModel>

namespace app {
namespace {

constexpr int kRecorded = -1;  // data of the first policy; of the first rule: none
constexpr int kMostSeed = 1 << 30;

void lock(QComboBox& box, int row, const std::string& whyNot) {
  box.setItemData(row, QString::fromStdString(whyNot), Qt::ToolTipRole);
  static_cast<QStandardItemModel*>(box.model())->item(row)->setEnabled(false);
}

QComboBox* listBox(const QString& name, const QString& words) {
  auto* box = new QComboBox;
  box->setObjectName(name);
  box->setAccessibleName(words);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(10);
  return box;
}

}  // namespace

LabControls::LabControls(QWidget* parent) : QWidget(parent) { makeRows(); }

QSpinBox* LabControls::whole(const QString& name, const QString& label, int core::Policy::*member) {
  auto* box = new QSpinBox;
  box->setObjectName(name);
  box->setAccessibleName(QString(label).remove('&'));
  box->setRange(1, 1);
  box->setKeyboardTracking(false);
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  connect(box, &QSpinBox::valueChanged, this, [this, member](int value) {
    core::Policy policy = m_now;
    policy.*member = value;
    choose(policy);
  });
  m_form->addRow(label, box);
  return box;
}

QDoubleSpinBox* LabControls::number(const QString& name, const QString& label, double least, double most, double step,
                                    double core::Policy::*member) {
  auto* box = new QDoubleSpinBox;
  box->setObjectName(name);
  box->setAccessibleName(QString(label).remove('&'));
  box->setDecimals(3);
  box->setRange(least, most);
  box->setSingleStep(step);
  box->setKeyboardTracking(false);
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  connect(box, &QDoubleSpinBox::valueChanged, this, [this, member](double value) {
    core::Policy policy = m_now;
    policy.*member = value;
    choose(policy);
  });
  m_form->addRow(label, box);
  return box;
}

void LabControls::makeRows() {
  m_form = new QFormLayout(this);
  m_form->setContentsMargins(12, 8, 12, 8);
  m_form->setVerticalSpacing(5);
  m_policy = listBox("labPolicy", tr("Policy"));
  connect(m_policy, &QComboBox::activated, this, &LabControls::choosePolicy);
  m_form->addRow(tr("&Policy"), m_policy);
  m_says = new QLabel;
  m_says->setObjectName("labSays");
  m_says->setProperty("role", "label");
  m_says->setWordWrap(true);
  m_says->setTextFormat(Qt::PlainText);
  m_form->addRow(m_says);
  m_k = whole("labK", tr("&k, choices a token"), &core::Policy::K);
  m_temperature = number("labTemperature", tr("&Temperature"), 0.01, 100, 0.1, &core::Policy::temperature);
  m_noise = number("labNoise", tr("&Noise, deviation"), 0, 100, 0.05, &core::Policy::noise);
  m_noise->setSpecialValueText(tr("1 / experts"));
  m_threshold = number("labThreshold", tr("&Sum to exceed"), 0, 1, 0.05, &core::Policy::threshold);
  m_jitter = number("labJitter", tr("&Jitter"), 0, 10, 0.01, &core::Policy::jitter);
  m_lambda = number("labLambda", tr("Spread of &logits"), 0, 100, 0.1, &core::Policy::lambda);
  m_groups = new QSpinBox;
  m_groupsChosen = new QSpinBox;
  const auto group = [this](QSpinBox* box, const QString& name, const QString& label, int core::GroupLimits::*member) {
    box->setObjectName(name);
    box->setAccessibleName(QString(label).remove('&'));
    box->setKeyboardTracking(false);
    box->setButtonSymbols(QAbstractSpinBox::NoButtons);
    connect(box, &QSpinBox::valueChanged, this, [this, member](int value) {
      core::Policy policy = m_now;
      policy.groups.*member = value;
      choose(policy);
    });
    m_form->addRow(label, box);
  };
  group(m_groups, "labGroups", tr("&Groups of experts"), &core::GroupLimits::groups);
  group(m_groupsChosen, "labGroupsChosen", tr("Groups a token may &use"), &core::GroupLimits::groupsChosen);
  m_seed = new QSpinBox;
  m_seed->setObjectName("labSeed");
  m_seed->setAccessibleName(tr("Seed"));
  m_seed->setRange(0, kMostSeed);
  m_seed->setKeyboardTracking(false);
  m_seed->setButtonSymbols(QAbstractSpinBox::NoButtons);
  connect(m_seed, &QSpinBox::valueChanged, this, [this](int value) {
    core::Policy policy = m_now;
    policy.seed = static_cast<uint64_t>(value);
    choose(policy);
  });
  m_form->addRow(tr("S&eed"), m_seed);
  m_rule = listBox("labRule", tr("Capacity rule"));
  connect(m_rule, &QComboBox::activated, this, &LabControls::chooseRule);
  m_form->addRow(tr("Capacity &rule"), m_rule);
  m_factor = new QDoubleSpinBox;
  m_factor->setObjectName("labFactor");
  m_factor->setAccessibleName(tr("Capacity factor"));
  m_factor->setRange(0.01, 64);
  m_factor->setDecimals(3);
  m_factor->setSingleStep(0.05);
  m_factor->setKeyboardTracking(false);
  m_factor->setButtonSymbols(QAbstractSpinBox::NoButtons);
  connect(m_factor, &QDoubleSpinBox::valueChanged, this, [this](double factor) {
    if (m_showing) return;
    core::CapacityOptions options = m_capacity;
    options.factor = factor;
    emit capacityEdited(options);
  });
  m_form->addRow(tr("Capacity &factor"), m_factor);
}

void LabControls::choose(const core::Policy& policy) {
  if (!m_showing) emit policyEdited(policy);
}

void LabControls::choosePolicy(int index) {
  const int kind = m_policy->itemData(index).toInt();
  if (kind == kRecorded) {
    emit policyEdited(std::nullopt);
  } else {
    emit policyEdited(m_usual[static_cast<size_t>(kind)]);
  }
}

void LabControls::chooseRule(int index) {
  core::CapacityOptions options = m_capacity;
  const int rule = m_rule->itemData(index).toInt();
  options.active = rule != kRecorded;
  if (options.active) options.rule = static_cast<core::CapacityRule>(rule);
  emit capacityEdited(options);
}

void LabControls::show(const ui::LabView& view, const std::optional<core::Policy>& policy,
                       const core::CapacityOptions& capacity, bool hasRule) {
  m_showing = true;
  setEnabled(view.whyNot.empty());
  setToolTip(QString::fromStdString(view.whyNot));
  m_now = view.policy;
  m_capacity = capacity;
  m_policy->clear();
  m_policy->addItem(tr("as recorded"), kRecorded);
  m_usual.clear();
  for (const ui::LabPolicyChoice& choice : view.policies) {
    m_policy->addItem(QString::fromStdString(choice.name) + (choice.causal ? QString() : tr(" \u00B7 looks ahead")),
                      static_cast<int>(choice.kind));
    const int row = m_policy->count() - 1;
    m_policy->setItemData(row, QString::fromStdString(choice.says), Qt::ToolTipRole);
    if (!choice.whyNot.empty()) lock(*m_policy, row, choice.whyNot);
    if (policy && policy->kind == choice.kind) {
      m_policy->setCurrentIndex(row);
      m_says->setText(QString::fromStdString(choice.says));
    }
    m_usual.push_back(choice.usual);
  }
  if (!policy) {
    m_policy->setCurrentIndex(0);
    m_says->setText(tr("What the run itself chose. Choose a policy to decide again from its router logits."));
  }
  const ui::LabSettings& has = view.settings;
  const auto rowOf = [&](QWidget* box, bool shown) { m_form->setRowVisible(box, shown); };
  rowOf(m_k, has.k);
  rowOf(m_noise, policy && has.noise);
  rowOf(m_threshold, policy && has.threshold);
  rowOf(m_jitter, policy && has.jitter);
  rowOf(m_lambda, policy && has.lambda);
  rowOf(m_groups, policy && has.groups);
  rowOf(m_groupsChosen, policy && has.groups);
  rowOf(m_seed, policy && has.seed);
  m_k->setRange(has.leastK, has.mostK);
  m_k->setValue(view.policy.K);
  m_temperature->setValue(view.policy.temperature);
  m_noise->setValue(view.policy.noise);
  m_threshold->setValue(view.policy.threshold);
  m_jitter->setValue(view.policy.jitter);
  m_lambda->setValue(view.policy.lambda);
  m_groups->setRange(1, has.experts);
  m_groups->setValue(view.policy.groups.groups);
  m_groupsChosen->setRange(1, has.experts);
  m_groupsChosen->setValue(view.policy.groups.groupsChosen);
  m_seed->setValue(static_cast<int>(std::min<uint64_t>(view.policy.seed, kMostSeed)));
  m_rule->clear();
  m_rule->addItem(tr("no rule"), kRecorded);
  for (const core::CapacityRule rule : core::kCapacityRules) {
    m_rule->addItem(QString::fromUtf8(core::capacityRuleName(rule).data()), static_cast<int>(rule));
    const core::Status fits = ui::ruleFits(rule, view.policy.K, has.experts);
    if (!fits) lock(*m_rule, m_rule->count() - 1, fits.error().message);
  }
  m_rule->setCurrentIndex(hasRule ? m_rule->findData(static_cast<int>(capacity.rule)) : 0);
  m_factor->setValue(capacity.factor);
  m_showing = false;
}

}  // namespace app
