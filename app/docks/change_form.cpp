#include "app/docks/change_form.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>

#include "app/form_undo.h"

namespace app {
namespace {

using Kind = core::InterventionKind;

constexpr int kSilence = 1000;  // data of entries that are a scale with a factor of their own
constexpr int kSilenceShared = 1001, kDoubleShared = 1002;
constexpr int kOwnRule = -1, kAnyToken = -1;

QSpinBox* box(const QString& name, const QString& words) {
  auto* made = new QSpinBox;
  made->setObjectName(name);
  made->setAccessibleName(words);
  made->setRange(0, 0);
  made->setButtonSymbols(QAbstractSpinBox::NoButtons);
  return made;
}

}  // namespace

ChangeForm::ChangeForm(QUndoStack& undo, QWidget* parent) : QWidget(parent) {
  makeRows();
  m_undo = new FormUndo(undo, tr("set up a change"), this, [this] { showRows(); });
  m_undo->setRest([this] { return m_following; },
                  [this](const QVariant& following) { m_following = following.toBool(); });
  m_undo->watch(
      {m_kind, m_expert, m_other, m_k, m_rule, m_factor, m_firstLayer, m_lastLayer, m_fromToken, m_toToken, m_tokenId});
}

void ChangeForm::makeRows() {
  m_form = new QFormLayout(this);
  m_form->setContentsMargins(12, 8, 12, 8);
  m_form->setVerticalSpacing(5);
  m_kind = new QComboBox;
  m_kind->setObjectName("changeKind");
  m_kind->setAccessibleName(tr("Change"));
  const auto add = [this](const QString& text, int what) { m_kind->addItem(text, what); };
  add(tr("Ban an expert"), static_cast<int>(Kind::Ban));
  add(tr("Force an expert"), static_cast<int>(Kind::Force));
  add(tr("Swap two experts"), static_cast<int>(Kind::Swap));
  add(tr("Scale an expert\u2019s weight"), static_cast<int>(Kind::Scale));
  add(tr("Silence an expert"), kSilence);
  add(tr("Silence the shared expert"), kSilenceShared);
  add(tr("Double the shared expert"), kDoubleShared);
  add(tr("Scale the shared expert"), static_cast<int>(Kind::SharedScale));
  add(tr("Choices a token, k"), static_cast<int>(Kind::K));
  add(tr("Temperature"), static_cast<int>(Kind::Temperature));
  add(tr("The policy of the Replay page"), static_cast<int>(Kind::Policy));
  add(tr("Capacity"), static_cast<int>(Kind::Capacity));
  m_form->addRow(tr("&Change"), m_kind);
  m_expert = box("changeExpert", tr("Expert"));
  m_expert->setPrefix("E");
  m_form->addRow(tr("&Expert"), m_expert);
  m_other = box("changeOther", tr("The other expert"));
  m_other->setPrefix("E");
  m_form->addRow(tr("&With"), m_other);
  m_k = box("changeK", tr("Choices a token"));
  m_form->addRow(tr("&k"), m_k);
  m_rule = new QComboBox;
  m_rule->setObjectName("changeRule");
  m_rule->setAccessibleName(tr("Capacity rule"));
  m_rule->addItem(tr("the model\u2019s own, else gshard"), kOwnRule);
  for (const core::CapacityRule rule : core::kCapacityRules)
    m_rule->addItem(QString::fromUtf8(core::capacityRuleName(rule).data()), static_cast<int>(rule));
  m_form->addRow(tr("&Rule"), m_rule);
  m_factor = new QDoubleSpinBox;
  m_factor->setObjectName("changeFactor");
  m_factor->setAccessibleName(tr("Factor"));
  m_factor->setRange(-100, 100);
  m_factor->setDecimals(3);
  m_factor->setSingleStep(0.1);
  m_factor->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_factor->setValue(0.5);
  m_form->addRow(tr("&Factor"), m_factor);
  m_firstLayer = box("changeFirstLayer", tr("First layer"));
  m_lastLayer = box("changeLastLayer", tr("Last layer"));
  m_fromToken = box("changeFromToken", tr("First token"));
  m_toToken = box("changeToToken", tr("Last token"));
  m_tokenId = box("changeTokenId", tr("Tokens with this id alone"));
  m_tokenId->setRange(kAnyToken, kAnyToken);
  m_tokenId->setSpecialValueText(tr("any"));
  for (QSpinBox* layer : {m_firstLayer, m_lastLayer}) layer->setPrefix("L");
  m_form->addRow(tr("From &layer"), m_firstLayer);
  m_form->addRow(tr("to layer"), m_lastLayer);
  m_form->addRow(tr("From &token"), m_fromToken);
  m_form->addRow(tr("to token"), m_toToken);
  m_form->addRow(tr("Token &id"), m_tokenId);
  connect(m_kind, &QComboBox::currentIndexChanged, this, &ChangeForm::showRows);
  for (QSpinBox* own : {m_expert, m_firstLayer, m_lastLayer}) {
    connect(own, &QSpinBox::valueChanged, this, [this] {
      if (!m_showing) m_following = false;
    });
  }
  showRows();
}

core::InterventionKind ChangeForm::kind() const {
  const int what = m_kind->currentData().toInt();
  if (what == kSilence) return Kind::Scale;
  if (what == kSilenceShared || what == kDoubleShared) return Kind::SharedScale;
  return static_cast<Kind>(what);
}

void ChangeForm::showRows() {
  const int what = m_kind->currentData().toInt();
  const Kind now = kind();
  const bool expert = now == Kind::Ban || now == Kind::Force || now == Kind::Swap || now == Kind::Scale;
  const bool range = now != Kind::Capacity;
  const bool factor = now == Kind::Temperature || now == Kind::Capacity || what == static_cast<int>(Kind::Scale) ||
                      what == static_cast<int>(Kind::SharedScale);
  m_form->setRowVisible(m_expert, expert);
  m_form->setRowVisible(m_other, now == Kind::Swap);
  m_form->setRowVisible(m_k, now == Kind::K);
  m_form->setRowVisible(m_rule, now == Kind::Capacity);
  m_form->setRowVisible(m_factor, factor);
  for (QWidget* row : std::initializer_list<QWidget*>{m_firstLayer, m_lastLayer, m_fromToken, m_toToken, m_tokenId})
    m_form->setRowVisible(row, range);
}

void ChangeForm::setModel(const core::ModelConfig& config, int tokens) {
  m_showing = true;
  m_undo->rest();
  m_layers = config.layers;
  for (QSpinBox* expert : {m_expert, m_other}) expert->setRange(0, std::max(0, config.router.experts - 1));
  m_k->setRange(1, std::max(1, config.router.experts));
  for (QSpinBox* layer : {m_firstLayer, m_lastLayer}) layer->setRange(0, std::max(0, config.layers - 1));
  const bool wasLast = m_toToken->value() == m_toToken->maximum();
  for (QSpinBox* token : {m_fromToken, m_toToken}) token->setRange(0, std::max(0, tokens - 1));
  if (wasLast) m_toToken->setValue(m_toToken->maximum());
  m_tokenId->setRange(kAnyToken, std::max(0, config.vocabulary - 1));
  m_undo->seen();
  m_showing = false;
}

void ChangeForm::follow(const ui::Cursor& cursor) {
  if (!m_following) return;
  m_showing = true;
  m_undo->rest();
  m_expert->setValue(cursor.expert);
  m_firstLayer->setValue(cursor.layer);
  m_lastLayer->setValue(cursor.layer);
  m_undo->seen();
  m_showing = false;
}

core::Intervention ChangeForm::change() const {
  const int what = m_kind->currentData().toInt();
  core::Intervention out;
  out.kind = kind();
  out.expert = m_expert->value();
  out.other = m_other->value();
  out.k = m_k->value();
  out.factor = what == kSilence || what == kSilenceShared ? 0.0 : what == kDoubleShared ? 2.0 : m_factor->value();
  if (out.kind == Kind::Capacity) {
    if (const int rule = m_rule->currentData().toInt(); rule != kOwnRule) {
      out.rule = static_cast<core::CapacityRule>(rule);
    }
    out.capacityFactor = m_factor->value();
    return out;
  }
  if (out.kind == Kind::Policy) out.policy = m_policy;
  out.firstLayer = m_firstLayer->value();
  out.lastLayer = m_lastLayer->value();
  out.fromToken = m_fromToken->value();
  if (m_toToken->value() < m_toToken->maximum()) out.toToken = m_toToken->value();
  if (m_tokenId->value() != kAnyToken) out.tokenId = m_tokenId->value();
  return out;
}

}  // namespace app
