#include "app/docks/chat_row.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QVBoxLayout>

#include "app/workbench.h"
#include "core/text/chat.h"

namespace app {
namespace {

constexpr qsizetype kMostTip = 1500;  // characters of a template in the tip
constexpr int kWrappedLines = 4;

QString text(std::string_view words) { return QString::fromUtf8(words.data(), static_cast<qsizetype>(words.size())); }

const core::ChatWrapper* wrapperOf(const QString& form) { return core::chatWrapperNamed(form.toStdString()); }

}  // namespace

ChatRow::ChatRow(Workbench& workbench) : m_workbench(workbench) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  auto* row = new QHBoxLayout;
  auto* label = new QLabel(tr("&Wrap as chat"));
  m_form = new QComboBox;
  m_form->setObjectName("promptChat");
  m_form->setAccessibleName(tr("Wrap as chat"));
  m_form->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_form->setMinimumContentsLength(10);
  label->setBuddy(m_form);
  row->addWidget(label);
  row->addWidget(m_form, 1);
  column->addLayout(row);
  m_wrapped = new QPlainTextEdit;
  m_wrapped->setObjectName("promptWrapped");
  m_wrapped->setAccessibleName(tr("What the model is given"));
  m_wrapped->setReadOnly(true);
  m_wrapped->setTabChangesFocus(true);
  m_wrapped->setProperty("role", "secondary");
  m_wrapped->setFixedHeight(m_wrapped->fontMetrics().lineSpacing() * kWrappedLines + 12);
  column->addWidget(m_wrapped);
  m_remark = new QLabel;
  m_remark->setObjectName("promptChatRemark");
  m_remark->setProperty("role", "hint");
  m_remark->setTextFormat(Qt::PlainText);
  m_remark->setWordWrap(true);
  column->addWidget(m_remark);
  offer({});
  connect(m_form, &QComboBox::currentIndexChanged, this, [this] {
    showWrapped();
    emit changed();
  });
  connect(&workbench, &Workbench::modelChanged, this, &ChatRow::readTemplate);
}

QString ChatRow::form() const { return m_form->currentData().toString(); }

void ChatRow::setForm(const QString& name) { m_form->setCurrentIndex(std::max(0, m_form->findData(name))); }

QString ChatRow::wrapped(const QString& typed) const {
  const core::ChatWrapper* wrapper = wrapperOf(form());
  return wrapper ? QString::fromStdString(core::wrapAsChat(*wrapper, typed.toStdString())) : typed;
}

void ChatRow::showText(const QString& typed) {
  m_typed = typed;
  showWrapped();
}

// The template lies on the disk, or in the model's one file.
void ChatRow::readTemplate() {
  offer({});
  if (!m_workbench.model()) return;
  m_workbench.askDisk("template", this, [this, model = m_workbench.model()]() -> Workbench::Answer {
    const auto found = core::readChatTemplate(model->path);
    if (!found || !*found) return {};
    const core::ChatWrapper* like = core::wrapperLike((*found)->text);
    Suggestion suggestion{like ? text(like->name) : QString(), text((*found)->file), text((*found)->text)};
    return [this, model, suggestion] {
      if (model == m_workbench.model()) offer(suggestion);
    };
  });
}

// Off, what the model's template suggests, then the others; what is chosen stays chosen.
void ChatRow::offer(const Suggestion& suggestion) {
  const QString chosen = form();
  {
    const QSignalBlocker quiet(m_form);
    m_form->clear();
    m_form->addItem(tr("off: the text as it is"), QString());
    if (!suggestion.form.isEmpty()) {
      m_form->addItem(tr("%1: as this model's template").arg(suggestion.form), suggestion.form);
    }
    for (const core::ChatWrapper& wrapper : core::chatWrappers()) {
      if (text(wrapper.name) == suggestion.form) continue;
      m_form->addItem(QStringLiteral("%1: %2").arg(text(wrapper.name), text(wrapper.models)), text(wrapper.name));
    }
    setForm(chosen);
  }
  QString tip = tr("Puts marks around the text, as models tuned for conversation expect them.");
  if (!suggestion.text.isEmpty()) {
    const bool cut = suggestion.text.size() > kMostTip;
    tip += '\n' + tr("%1 says (shown, not executed):").arg(suggestion.file) + '\n' + suggestion.text.left(kMostTip) +
           (cut ? QStringLiteral("\u2026") : QString());
  }
  m_form->setToolTip(QStringLiteral("<p style='white-space: pre-wrap'>%1</p>").arg(tip.toHtmlEscaped()));
  showWrapped();
}

void ChatRow::showWrapped() {
  const core::ChatWrapper* wrapper = wrapperOf(form());
  m_wrapped->setVisible(wrapper != nullptr);
  m_wrapped->setPlainText(wrapper ? wrapped(m_typed) : QString());
  QString remark;
  if (wrapper && m_workbench.model() && m_workbench.model()->tokenizer) {
    QStringList unknown;
    for (const std::string& mark : core::marksWithoutToken(*wrapper, *m_workbench.model()->tokenizer)) {
      unknown << QString::fromStdString(mark);
    }
    if (!unknown.isEmpty()) {
      remark = tr("This model has no token %1: it reads them as ordinary characters.").arg(unknown.join(", "));
    }
  }
  m_remark->setText(remark);
  m_remark->setVisible(!remark.isEmpty());
}

}  // namespace app
