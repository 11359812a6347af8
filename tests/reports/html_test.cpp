#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "reports/formats/writers.hpp"

namespace reprise::reports {
namespace {

// Checks that elements nest, attributes are quoted and no bare & or < stands in the text. Returns what is wrong, or "".
std::string malformed(const std::string& page) {
  std::vector<std::string> open;
  std::set<std::string> ids;
  std::size_t at = page.find("<html");
  while (at < page.size()) {
    if (page[at] == '&') {
      const std::string entity = page.substr(at, page.find(';', at) - at + 1);
      static const std::set<std::string> kEntities{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
      if (!kEntities.contains(entity)) return "bare & before: " + page.substr(at, 40);
      at += entity.size();
      continue;
    }
    if (page[at] != '<') {
      ++at;
      continue;
    }
    const std::size_t end = page.find('>', at);
    if (end == std::string::npos) return "unclosed tag: " + page.substr(at, 40);
    const std::string tag = page.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.find('<') != std::string::npos) return "< inside a tag: " + tag;
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "unbalanced quotes: " + tag;
    if (const std::size_t id = tag.find(" id=\""); id != std::string::npos) {
      const std::string name = tag.substr(id + 5, tag.find('"', id + 5) - id - 5);
      if (!ids.insert(name).second) return "id used twice: " + name;
    }
    const std::string name = tag.substr(tag.front() == '/' ? 1 : 0, tag.find_first_of(" \n/", 1) - (tag.front() == '/' ? 1 : 0));
    if (tag.front() == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "closes what is not open: " + tag;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "left open: " + open.back();
}

TEST(Html, pages_are_well_formed_and_stand_alone) {
  const std::vector<File> pages = to_html(made_up::awkward_report());
  ASSERT_EQ(pages.size(), 2u);
  for (const auto& [name, page] : pages) {
    EXPECT_EQ(malformed(page), "") << name;
    EXPECT_EQ(page.find("<link"), std::string::npos) << name;
    for (std::size_t at = page.find("src=\""); at != std::string::npos; at = page.find("src=\"", at + 1)) {
      EXPECT_EQ(page.substr(at, 27), "src=\"data:image/png;base64,") << name;
    }
    EXPECT_NE(page.find("prefers-color-scheme: dark"), std::string::npos) << name;
  }
}

/// The addresses of a page, those of other files and those in it.
std::set<std::string> addresses_in(const std::string& page) {
  std::set<std::string> found;
  const std::string mark = "href=\"";
  for (std::size_t at = page.find(mark); at != std::string::npos; at = page.find(mark, at + 1))
    found.insert(page.substr(at + mark.size(), page.find('"', at + mark.size()) - at - mark.size()));
  return found;
}

TEST(Html, every_link_leads_somewhere) {
  Report report = made_up::awkward_report();
  const std::string run = report.papers.front().rows.front().runs.front().second;
  report.files[run] = "made-up/plain/" + run + ".h5";
  const std::vector<File> pages = to_html(report);
  const std::set<std::string> of_index = addresses_in(pages[0].text), of_paper = addresses_in(pages[1].text);
  EXPECT_EQ(of_index, (std::set<std::string>{"report/made-up.html"}));
  EXPECT_EQ(pages[1].name, "report/made-up.html");
  EXPECT_TRUE(of_paper.contains("../report.html"));
  EXPECT_TRUE(of_paper.contains("../made-up/plain/" + run + ".h5"));
  EXPECT_TRUE(of_paper.contains("#claim-dropout-helps"));
  for (const std::string& address : of_paper)
    EXPECT_TRUE(!address.starts_with("#") || pages[1].text.find("id=\"" + address.substr(1) + "\"") != std::string::npos) << address;
}

TEST(Html, rows_say_how_to_repeat_them_and_a_metric_has_a_table_of_its_own) {
  made_up::RunSpec run;
  run.trial = "maxnorm";
  records::RunRecord by_loss = made_up::record_of(run);
  by_loss.test_labels.clear(), by_loss.test_predictions.clear(), by_loss.metrics.erase("test_error");
  by_loss.metrics["test_loss"] = {"nats", {0.5}};
  const std::vector<records::RunRecord> records{made_up::awkward_record("plain", "paper", "mnist", 1),
                                                made_up::awkward_record("plain", "paper", "mnist", 3), by_loss};
  const std::string page = to_html(build_report(records, {made_up::paper()})).at(1).text;
  EXPECT_NE(page.find("<code>reprise run made-up/plain --scale paper --seeds 3</code>"), std::string::npos);
  EXPECT_NE(page.find("<h3 id=\"numbers-testerrorpercent\">test_error</h3>"), std::string::npos);
  EXPECT_NE(page.find("<h3 id=\"numbers-testlossnats\">test_loss</h3>"), std::string::npos);
}

TEST(Html, runs_that_are_not_finished_are_marked) {
  Report report = made_up::awkward_report();
  EXPECT_EQ(to_html(report).front().text.find("Not finished"), std::string::npos);
  report.unfinished = {{.file = "a<b.checkpoint", .name = "made-up/a, desk, seed 1", .state = "interrupted", .progress = "56 %, epoch 3"}};
  const std::string page = to_html(report).front().text;
  EXPECT_EQ(malformed(page), "");
  for (const char* expected : {"Not finished", "made-up/a, desk, seed 1", "interrupted", "56 %, epoch 3", "a&lt;b.checkpoint"})
    EXPECT_NE(page.find(expected), std::string::npos) << expected;
}

TEST(Html, claims_that_were_not_run_stand_in_one_fold) {
  const std::string page = to_html(made_up::awkward_report()).at(1).text;
  const std::size_t fold = page.find("<details><summary>Not run (3)</summary>");
  ASSERT_NE(fold, std::string::npos);
  EXPECT_EQ(page.find("<details><summary>Not run", fold + 1), std::string::npos);
  EXPECT_GT(page.find("id=\"claim-order\""), fold);
  EXPECT_LT(page.find("id=\"claim-dropout-helps\""), fold);
}

TEST(Html, the_checker_finds_what_is_malformed) {
  EXPECT_NE(malformed("<html><p>a & b</p></html>"), "");
  EXPECT_NE(malformed("<html><p><b>a</p></b></html>"), "");
  EXPECT_NE(malformed("<html><p>a</p>"), "");
  EXPECT_NE(malformed("<html><p id=\"a\"></p><p id=\"a\"></p></html>"), "");
}

TEST(Html, escapes_every_name_that_comes_from_outside) {
  const std::string page = made_up::text_of(to_html(made_up::awkward_report()));
  for (const char* part : {"A Paper &amp; Its &lt;Nets&gt;", "Maps &amp; &lt;more&gt;", "a &lt; b", "-O3 &lt;&amp;&gt;", "a&amp;b.h5",
                           "expected &lt;seal&gt;", "width 50 % &amp; &lt;less&gt;_than $the {paper}&#39;s #1"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST(Html, shows_rows_claims_curves_tables_and_images) {
  const std::string page = made_up::text_of(to_html(made_up::awkward_report()));
  for (const char* part : {"<table", "svg class=\"forest", "scope=\"col\"", "class=\"claim ", "<svg class=\"plot\"",
                           "<svg class=\"interval", "A sweep", "unverified"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST(Html, images_that_belong_together_stand_in_sets) {
  records::RunRecord run = made_up::awkward_record("plain", "paper", "mnist", 1);
  records::Images images;
  images.captions = {"cat", "gradient", "guided", "dog", "gradient", "guided"};
  images.count = 6;
  images.height = images.width = images.channels = 1;
  images.pixels = std::vector<std::uint8_t>(6, 9);
  images.set = 3;
  run.images["maps"] = images;
  const auto sets = [](const std::string& page) {
    std::size_t found = 0;
    for (std::size_t at = page.find("<div class=\"set\">"); at != std::string::npos; at = page.find("<div class=\"set\">", at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(sets(made_up::text_of(to_html(build_report({run}, {made_up::paper()})))), 2u);
  run.images["maps"].set = 1;
  EXPECT_EQ(sets(made_up::text_of(to_html(build_report({run}, {made_up::paper()})))), 0u);
}

TEST(Html, few_large_pictures_keep_their_size) {
  records::RunRecord run = made_up::awkward_record("plain", "paper", "mnist", 1);
  const auto kept = [&](std::int64_t count, std::int64_t width) {
    run.images = {
        {"mosaic", {.title = "Mosaic", .captions = {}, .count = count, .height = 1, .width = width, .channels = 1, .pixels = {}}}};
    run.images["mosaic"].pixels.resize(static_cast<std::size_t>(count * width));
    return made_up::text_of(to_html(build_report({run}, {made_up::paper()}))).find("<figure class=\"whole\">") != std::string::npos;
  };
  EXPECT_TRUE(kept(4, 300));
  EXPECT_FALSE(kept(5, 300)) << "tiles";
  EXPECT_FALSE(kept(1, 28));
}

}  // namespace
}  // namespace reprise::reports
