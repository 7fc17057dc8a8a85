import Foundation
import JEPA
import JEPAData
import JEPATensor
import Testing

@testable import jepa

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

/// A folder in which a page's commands find what they name.
final class DocumentedPlace {
  private let place: Workplace
  private let log: URL

  /// Sizes at which a training takes a second.
  private static let small = [
    "data.batch_size=8", "data.samples=16", "data.num_workers=1", "meta.embed_dim=24",
    "meta.depth=4",
    "meta.num_heads=3", "meta.pred_emb_dim=12", "meta.pred_depth=1", "optimization.epochs=1",
    "optimization.warmup=0", "evaluation.every=0", "meta.threads=2",
  ]

  /// A thousand scenes are drawn for every evaluation.
  private static let smallScenes = [
    "data.crop_size=24", "mask.patch_size=6", "data.scene_modes=2",
  ]

  init(for page: Page) throws {
    place = try Workplace()
    log = place.file("statuses")
    let configurations = DocumentedCommandsTests.root.appendingPathComponent("configs")
    for name in try FileManager.default.contentsOfDirectory(atPath: configurations.path) {
      let isDrawn = name == "ambiguous.yaml"
      let configuration = try TrainingConfiguration(
        contentsOf: configurations.appendingPathComponent(name).path,
        overrides: Self.small + (isDrawn ? Self.smallScenes : []))
      try place.write(configuration.yaml(), to: "configs/" + name)
    }
    try FileManager.default.copyItem(
      at: place.file("configs/procedural.yaml"), to: place.file("mine.yaml"))
    try writeTools()
    if page.text.contains("tiny-imagenet-200") || page.text.contains("RUN")
      || page.text.contains("runs/")
    {
      try writeTinyImageNet()
    }
    if page.text.contains("photos/") {
      for index in 0..<3 {
        try place.write(JPEGFile.encode(Workplace.image(index)), to: "photos/\(index).jpg")
      }
    }
    if page.text.contains("winequality") { try writeTable() }
    try writeRuns(page)
    if page.text.contains("ijepa_vith14_1k") { try writeEncoder() }
  }

  /// Gives a block to the shell.
  ///
  /// - Returns: of each `jepa` in it the arguments, the status and standard error.
  func run(_ block: String) throws -> [(String, Int, String)] {
    try? FileManager.default.removeItem(at: log)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    // RUN stands for a run's folder.
    process.arguments = [
      "-c", "PATH=\"$PWD/bin:$PATH\"\n" + block.replacing(/\bRUN\b/, with: "runs/RUN"),
    ]
    process.currentDirectoryURL = place.url
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard let text = try? String(contentsOf: log, encoding: .utf8) else { return [] }
    return text.split(separator: "\u{1E}").map { record in
      let fields = record.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(
        String.init)
      return (fields[0], Int(fields[1]) ?? -1, fields[2])
    }
  }

  /// `jepa` with fewer images and samples, and launchers that start one process.
  private func writeTools() throws {
    let jepa = """
      #!/bin/bash
      arguments=(); previous=
      for argument; do
        case "$previous $argument" in
          "--count "[0-9]* | "--validation-count "[0-9]*) argument=12 ;;
          "--samples "[0-9]* | "--images "[0-9]*) argument=4 ;;
          "--seeds "*) argument=${argument%%,*} ;;
          "--sweep "*,*,*) IFS=, read -r first second _ <<<"$argument"; argument=$first,$second ;;
        esac
        arguments+=("$argument"); previous=$argument
      done
      case "$1" in
        density) arguments+=(--set epochs=1) ;;
        compare | ablate) arguments+=(--samples 3 --images 4) ;;
        eval) [[ "$*" == *--uncertainty* ]] && arguments+=(--samples 3 --images 4) ;;
      esac
      "\(try Tool.executable().path)" "${arguments[@]}" 2>errors
      status=$?
      printf '%s\\037%s\\037%s\\036' "${arguments[*]}" $status "$(tail -n 3 errors)" >>"\(log.path)"
      exit $status
      """
    for path in ["bin/jepa", ".build/release/jepa", ".build/mpi/release/jepa"] {
      try writeTool(jepa, to: path)
    }
    try writeTool("#!/bin/sh\n", to: "bin/make")
    try writeTool("#!/bin/sh\n", to: "bin/scontrol")
    let launcher =
      "#!/bin/bash\nwhile [[ $1 == -* ]]; do [ \"$1\" = -n ] && shift; shift; done\nexec \"$@\"\n"
    try writeTool(launcher, to: "bin/mpirun")
    try writeTool(launcher, to: "bin/srun")
  }

  private func writeTool(_ text: String, to path: String) throws {
    try place.write(text, to: path)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: place.file(path).path)
  }

  /// 104 classes, so that 100 leave some unseen.
  private func writeTinyImageNet() throws {
    let folder = "data/tiny-imagenet-200"
    var (names, annotations) = ("", "")
    for index in 0..<104 {
      let name = "n\(10_000_000 + index)"
      names += name + "\n"
      let image = try JPEGFile.encode(Workplace.image(index, width: 64, height: 64))
      for copy in 0..<2 {
        try place.write(image, to: "\(folder)/train/\(name)/images/\(name)_\(copy).JPEG")
      }
      try place.write(image, to: "\(folder)/val/images/val_\(index).JPEG")
      annotations += "val_\(index).JPEG\t\(name)\t0\t0\t63\t63\n"
    }
    try place.write(names, to: folder + "/wnids.txt")
    try place.write(annotations, to: folder + "/val/val_annotations.txt")
  }

  private func writeTable() throws {
    var random = RandomSource(seed: 3)
    let rows = (0..<120).map { row in
      (0..<4).map { _ in "\(random.normal())" }.joined(separator: ";") + ";\(row % 5)\n"
    }
    try place.write(
      "\"fixed acidity\";\"pH\";\"sulphates\";\"alcohol\";\"quality\"\n" + rows.joined(),
      to: "winequality-red.csv")
    let folds = (0..<2).flatMap { fold in
      (0..<120).map { "\(fold),\($0 % 4 == fold ? "test" : "\($0 % 3)"),\($0)\n" }
    }
    try place.write("fold,part,row\n" + folds.joined(), to: "red_wine_folds.csv")
  }

  /// Runs that a page takes for granted: those that no command of it trains.
  private func writeRuns(_ page: Page) throws {
    for match in Set(page.blocks.joined().matches(of: /\bRUN\b|runs\/[a-z_]+/).map { String($0.0) })
    {
      let made = page.blocks.joined().contains("--run " + match)
      if made { continue }
      let head = match == "runs/flow" ? "flow" : "mixture"
      let path = match == "RUN" ? "runs/RUN" : match
      let outcome = try Tool.run(
        ["train", "--config", "configs/tiny_imagenet100_\(head).yaml", "--run", path], in: place.url
      )
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  private func writeEncoder() throws {
    try place.makeFolder("ijepa_vith14_1k")
    let outcome = try Tool.run(
      ["train", "--config", "configs/tiny_imagenet100_tiny8.yaml", "--run", "runs/encoder"],
      in: place.url)
    #expect(outcome.status == 0, "\(outcome.errors)")
    try place.extractEncoder(of: "runs/encoder", to: "ijepa_vith14_1k/model.safetensors")
  }
}
