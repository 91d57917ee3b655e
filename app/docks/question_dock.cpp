#include "app/docks/question_dock.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>
#include <map>

#include "app/models/hit_delegate.h"
#include "app/models/hit_model.h"
#include "app/models/session_model.h"
#include "core/text/tokenizer.h"
#include "ui/numbers.h"

namespace app {
namespace {

constexpr int kPage = 50;
constexpr size_t kRoutesOfLayer = 3;

struct Page {
  std::vector<Hit> hits;
  std::map<int64_t, QString> names;  // of the runs
  core::HitCount count;
  QString routes;
  QString problem;
};

// "L0: E06 12, E02 4" a line; the experts that took most of it.
QString routesText(const core::TokenRoutes& routes) {
  QStringList lines;
  int layer = -1;
  size_t shown = 0;
  for (const core::RouteCount& route : routes.routes) {
    if (route.layer != layer) {
      layer = route.layer;
      shown = 0;
      lines << QStringLiteral("L%1: ").arg(layer);
    }
    if (++shown > kRoutesOfLayer) continue;
    lines.back() +=
        QStringLiteral("%1E%2 %3").arg(shown == 1 ? "" : ", ").arg(route.expert, 2, 10, QChar('0')).arg(route.choices);
    if (route.dropped > 0) lines.back() += QuestionDock::tr(" (%1 dropped)").arg(route.dropped);
  }
  return lines.join('\n');
}

Page answer(core::SessionStore& store, const ParsedQuestion& asked, int offset) {
  Page page;
  const auto problem = [&](const auto& result) {
    if (!result) page.problem = QString::fromStdString(result.error().message);
    return !result;
  };
  if (const auto* choices = std::get_if<core::ChoiceQuestion>(&asked.question)) {
    const auto found = store.findChoices(*choices, kPage, offset);
    if (problem(found)) return page;
    for (const core::ChoiceHit& hit : *found) page.hits.push_back({hit, hit.layer, hit.expert, hit.rank, hit.dropped});
    if (offset == 0) {
      const auto count = store.countChoices(*choices);
      if (problem(count)) return page;
      page.count = *count;
    }
  } else {
    const auto& token = std::get<core::TokenQuestion>(asked.question);
    const auto found = store.findToken(token, kPage, offset);
    if (problem(found)) return page;
    for (const core::TokenHit& hit : *found) page.hits.push_back({hit, -1, -1, -1, false});
    if (offset == 0) {
      const auto routes = store.routesOfToken(token);
      if (problem(routes)) return page;
      page.count = {routes->occurrences, routes->runs};
      page.routes = routesText(*routes);
    }
  }
  for (const Hit& hit : page.hits) {
    if (page.names.contains(hit.place.run)) continue;
    const auto row = store.row(hit.place.run);
    page.names[hit.place.run] = row ? sessionTitle(*row) : QString::number(hit.place.run);
  }
  return page;
}

}  // namespace

QuestionDock::QuestionDock(Workbench& workbench, QWidget* parent)
    : Dock(tr("Question"), "questionDock", parent), m_workbench(workbench) {
  auto* top = new QVBoxLayout;
  top->setContentsMargins(12, 8, 12, 8);
  top->setSpacing(8);
  m_field = new QLineEdit;
  m_field->setObjectName("questionField");
  m_field->setAccessibleName(tr("Question to all sessions"));
  m_field->setPlaceholderText(tr("chose L3E12, dropped first, token the"));
  m_field->setClearButtonEnabled(true);
  for (auto* clear : m_field->findChildren<QToolButton*>()) clear->setAccessibleName(tr("Clear the question"));
  top->addWidget(m_field);
  auto* row = new QHBoxLayout;
  row->setSpacing(4);
  const auto preset = [&](const QString& text, const QString& name, const QString& tip,
                          const std::function<void()>& act) {
    auto* button = new QPushButton(text);
    button->setObjectName(name);
    button->setToolTip(tip);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, act);
    row->addWidget(button);
  };
  preset(tr("This expert"), "askExpert", tr("Every token that chose the expert at the cursor"), [this] {
    const ui::Cursor& cursor = m_workbench.cursor();
    ask(QStringLiteral("chose L%1E%2").arg(cursor.layer).arg(cursor.expert, 2, 10, QChar('0')));
  });
  preset(tr("This token"), "askToken", tr("Where the token at the cursor went, in all runs"), [this] {
    const core::Trace& trace = m_workbench.trace();
    if (trace.empty() || m_workbench.cursor().token >= trace.length()) return;
    ask(QStringLiteral("token #%1").arg(trace.ids()[static_cast<size_t>(m_workbench.cursor().token)]));
  });
  preset(tr("Dropped first choices"), "askDropped", tr("First choices that found no slot"),
         [this] { ask("dropped first"); });
  row->addStretch(1);
  top->addLayout(row);
  m_count = new QLabel(tr("Asks all stored runs at once."));
  m_count->setObjectName("questionCount");
  m_count->setWordWrap(true);
  m_count->setTextFormat(Qt::PlainText);
  m_count->setProperty("role", "secondary");
  top->addWidget(m_count);
  m_routes = new QLabel;
  m_routes->setObjectName("questionRoutes");
  m_routes->setTextFormat(Qt::PlainText);
  m_routes->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_routes->hide();
  top->addWidget(m_routes);
  body()->addLayout(top);

  m_model = new HitModel(this);
  m_list = new QListView;
  m_list->setObjectName("questionHits");
  m_list->setAccessibleName(tr("Answers"));
  m_list->setModel(m_model);
  m_list->setItemDelegate(new HitDelegate(m_list));
  m_list->setUniformItemSizes(true);
  m_list->setFrameShape(QFrame::NoFrame);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->setMouseTracking(true);
  body()->addWidget(m_list, 1);
  m_more = new QPushButton(tr("Show more"));
  m_more->setObjectName("questionMore");
  m_more->setAutoDefault(false);
  m_more->hide();
  body()->addWidget(m_more);

  connect(m_field, &QLineEdit::returnPressed, this, &QuestionDock::run);
  connect(m_list, &QListView::activated, this, &QuestionDock::go);
  connect(m_list, &QListView::clicked, this, &QuestionDock::go);
  connect(m_more, &QPushButton::clicked, this, [this] { askPage(m_model->hits()); });
}

void QuestionDock::startAsking() {
  show();
  raise();
  m_field->setFocus(Qt::ShortcutFocusReason);
  m_field->selectAll();
}

void QuestionDock::ask(const QString& question) {
  m_field->setText(question);
  run();
}

// The token as it stands inside a sentence first: most words begin with their space.
std::optional<int32_t> QuestionDock::idOf(const QString& text) const {
  const auto& model = m_workbench.model();
  if (!model || !model->tokenizer) return std::nullopt;
  for (const QString& spelling : {' ' + text, text}) {
    const auto ids = model->tokenizer->encode(spelling.toStdString(), false);
    if (ids && ids->size() == 1) return ids->front();
  }
  return std::nullopt;
}

void QuestionDock::run() {
  ++m_asked;
  m_model->clear();
  m_more->hide();
  m_routes->hide();
  auto parsed = parseQuestion(m_field->text(), [this](const QString& text) { return idOf(text); });
  if (!parsed) {
    m_question.reset();
    m_count->setText(QString::fromStdString(parsed.error().message));
    return;
  }
  m_question = *parsed;
  // Expert and token numbers mean something within a model only.
  if (!m_workbench.trace().empty()) {
    const std::string model = m_workbench.trace().info().modelName;
    std::visit([&](auto& question) { question.model = model; }, m_question->question);
  }
  m_count->setText(tr("Looking for %1\u2026").arg(m_question->words));
  askPage(0);
}

void QuestionDock::askPage(int offset) {
  if (!m_question) return;
  m_workbench.askStore(
      "question", this,
      [this, question = *m_question, offset, serial = m_asked](core::SessionStore& store) -> Workbench::Answer {
        return [this, page = answer(store, question, offset), question, offset, serial] {
          if (serial != m_asked) return;
          if (!page.problem.isEmpty()) {
            m_count->setText(page.problem);
            return;
          }
          if (offset == 0) {
            const QLocale english(QLocale::English);
            m_count->setText(page.count.hits == 0
                                 ? tr("No run has %1.").arg(question.words)
                                 : tr("%1: %2 in %3 %4")
                                       .arg(question.words, english.toString(qlonglong(page.count.hits)),
                                            english.toString(qlonglong(page.count.runs)),
                                            page.count.runs == 1 ? tr("run") : tr("runs")));
            m_routes->setText(page.routes);
            m_routes->setVisible(!page.routes.isEmpty());
          }
          m_model->append(page.hits, [&](int64_t run) { return page.names.at(run); });
          m_more->setVisible(static_cast<int>(page.hits.size()) == kPage);
        };
      });
}

void QuestionDock::go(const QModelIndex& index) {
  const Hit* hit = m_model->at(index);
  if (!hit) return;
  ui::Cursor cursor = m_workbench.cursor();
  cursor.token = hit->place.token;
  if (hit->layer >= 0) cursor.layer = hit->layer;
  if (hit->expert >= 0) cursor.expert = hit->expert;
  m_workbench.openRun(hit->place.run, cursor);
}

}  // namespace app
