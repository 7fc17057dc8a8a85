import Foundation
import JEPA
import JEPAData
import JEPATensor
import Testing

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
