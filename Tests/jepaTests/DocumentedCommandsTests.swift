import Foundation
import Testing

@testable import JEPACommandLine

/// The commands that README.md and docs/ show run as they are written.
///
/// Each page's `sh` blocks go to a shell one after the other, in a folder with the checked-in configurations, made
/// small, and with data, runs and encoders under the names that the pages use. What `jepa` is there passes all
/// arguments on, but for fewer images, samples, seeds and values of a sweep.
@Suite struct DocumentedCommandsTests {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let pages: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/docs")) ?? []
    return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
  }()

  /// Minutes in a debug build; `make docs-test` sets the variable.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["TEST_DOCUMENTED_COMMANDS"] != nil),
    arguments: pages.filter { page in Page(page).hasCommands })
  func commandsRun(_ name: String) throws {
    let page = Page(name)
    let place = try DocumentedPlace(for: page)
    for command in page.blocks + page.wholeSpans {
      let statuses = try place.run(command)
      #expect(
        command.contains("jepa ") || !command.contains("jepa") || !statuses.isEmpty, "\(command)")
      for (arguments, status, errors) in statuses {
        #expect(status == 0, "\(name): jepa \(arguments)\n\(errors)")
      }
    }
  }

  /// Commands within sentences have options that there are, on commands that there are.
  @Test(arguments: pages)
  func commandsInSentencesParse(_ name: String) {
    for span in Page(name).spans {
      let words = Page.words(of: span)
      do {
        _ = try JEPACommand.parseAsRoot(Array(words.dropFirst()))
      } catch {
        let message = JEPACommand.message(for: error)
        let isPart =
          message.contains("Missing expected argument") || message.contains("Missing value")
        #expect(
          isPart || JEPACommand.exitCode(for: error) == .success, "\(name): \(span): \(message)")
      }
    }
  }

  /// Targets of make that pages name are there.
  @Test(arguments: pages + ["CONTRIBUTING.md"])
  func targetsOfMakeAreThere(_ name: String) throws {
    let makefile = try String(
      contentsOf: Self.root.appendingPathComponent("Makefile"), encoding: .utf8)
    let text = try String(contentsOf: Self.root.appendingPathComponent(name), encoding: .utf8)
    for match in text.matches(of: /(?m)(?:^|`)make ([a-z][a-z-]*)/) {
      #expect(makefile.contains("\n\(match.1):"), "\(name): make \(match.1)")
    }
  }

  /// What a report says how to make, is made by that, and then no longer missing.
  @Test(arguments: ["point", "mixture"])
  func hintsOfAReportRun(_ head: String) throws {
    let place = try Workplace()
    let run = "my runs/a"
    let trained = try place.train(
      run,
      ["head.name=\(head)", "data.samples=16", "optimization.epochs=1", "optimization.warmup=0"])
    #expect(trained.status == 0, "\(trained.errors)")
    func hints() throws -> [String] {
      let outcome = try place.jepa("report", run, "--no-densities", "--output", "r.html")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let page = try String(contentsOf: place.file("r.html"), encoding: .utf8)
        .replacing("&#39;", with: "'").replacing("&amp;", with: "&").replacing("&quot;", with: "\"")
      return page.matches(of: /not there; (jepa [^<]*'[^<]*?')(?=[<,.;]|$)/).map { String($0.1) }
    }
    let first = Set(try hints())
    #expect(first.count == 3, "\(first)")
    for hint in first.sorted() {
      let arguments =
        Page.words(of: hint).dropFirst()
        + (hint.contains("--uncertainty") ? ["--samples", "3", "--images", "4"] : [])
      let outcome = try Tool.run(Array(arguments), in: place.url)
      #expect(outcome.status == 0, "\(hint)\n\(outcome.errors)")
    }
    #expect(try hints() == [])
  }
}

/// One page of the documentation.
struct Page: Sendable {
  let text: String
  /// The blocks of shell commands.
  let blocks: [String]
  /// What stands in a sentence and begins with `jepa`.
  let spans: [String]

  init(_ name: String) {
    let file = DocumentedCommandsTests.root.appendingPathComponent(name)
    text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    blocks = text.matches(of: /(?s)```sh\n(.*?)```/).map { String($0.1) }
    let sentences = text.replacing(/(?s)```.*?```/, with: "")
    spans = sentences.matches(of: /`(jepa [^`]*)`/).map {
      $0.1.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }.filter { !$0.contains("…") }
  }

  var hasCommands: Bool { !(blocks + wholeSpans).isEmpty }

  /// Those in sentences that are complete: they say what to write.
  var wholeSpans: [String] {
    spans.filter {
      $0.contains("--config ") && ($0.contains("--picture") || $0.contains("--output"))
    }
  }

  /// The words of a command, by the rules of a shell for quotes.
  static func words(of command: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in command {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    return words + (word.map { [$0] } ?? [])
  }
}
