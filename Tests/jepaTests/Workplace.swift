import Foundation
import JEPA
import JEPAData
import JEPATensor

/// A folder of its own for one test, removed when the value goes away.
final class Workplace {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("jepa-tool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try write(Self.configuration, to: "tiny.yaml")
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func file(_ path: String) -> URL { url.appendingPathComponent(path) }

  func write(_ data: Data, to path: String) throws {
    try FileManager.default.createDirectory(
      at: file(path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file(path))
  }

  func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

  func decoded<Value: Decodable>(
    _ type: Value.Type, _ path: String, keys: JSONDecoder.KeyDecodingStrategy = .useDefaultKeys
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = keys
    return try decoder.decode(type, from: Data(contentsOf: file(path)))
  }

  func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(at: file(path), withIntermediateDirectories: true)
  }

  /// Every file and folder below it, hidden ones included, sorted.
  func listing(of path: String = "") -> [String] {
    let names = FileManager.default.enumerator(atPath: file(path).path)?.allObjects ?? []
    return names.compactMap { $0 as? String }.sorted()
  }

  func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: file(path).path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  func jepa(
    _ arguments: String..., shell: String? = nil, onErrorLine: (String) -> Bool = { _ in false }
  ) throws -> Tool.Outcome {
    try Tool.run(arguments, in: url, shell: shell, onErrorLine: onErrorLine)
  }

  /// Trains `tiny.yaml` with these overrides.
  func train(
    _ run: String, _ overrides: [String] = [], _ others: [String] = [], shell: String? = nil,
    signals: [Int32] = [SIGKILL],
    onErrorLine: (String) -> Bool = { _ in false }
  ) throws -> Tool.Outcome {
    try Tool.run(
      ["train", "--config", "tiny.yaml", "--run", run]
        + overrides.flatMap { ["--set", $0] } + others,
      in: url, shell: shell, signals: signals, onErrorLine: onErrorLine)
  }

  func rows(of run: String) throws -> [[String: Double]] {
    try MetricsCSV.rows(of: file(run + "/metrics.csv").path)
  }

  func checkpoints(of run: String) -> [String] {
    listing(of: run + "/checkpoints").map { "\(run)/checkpoints/\($0)" }
  }

  /// The target encoder of a run's newest checkpoint in a file of its own.
  func extractEncoder(of run: String, to path: String) throws {
    let newest = checkpoints(of: run).last ?? ""
    let checkpoint = try SafetensorsFile(file(newest))
    let tensors = try checkpoint.tensors(prefix: "target_encoder.")
    try Safetensors.write(
      tensors: tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      metadata: ["num_heads": "3"], to: file(path))
  }

  /// `<split>/<class>/<number>.jpg` for these splits, two classes, `count` images each.
  func writeImageFolder(_ path: String, splits: [String] = ["train", "val"], count: Int) throws {
    for split in splits {
      for index in 0..<2 * count {
        let name = "\(path)/\(split)/class\(index % 2)/\(100 + index / 2).jpg"
        try write(JPEGFile.encode(Self.image(index)), to: name)
      }
    }
  }

  /// Tiny ImageNet's layout with one class and `count` images a split.
  func writeTinyImageNet(_ path: String, count: Int) throws {
    try write("n01\n", to: path + "/wnids.txt")
    var annotations = ""
    for index in 0..<count {
      let data = try JPEGFile.encode(Self.image(index))
      try write(data, to: "\(path)/train/n01/images/n01_\(index).JPEG")
      try write(data, to: "\(path)/val/images/val_\(index).JPEG")
      annotations += "val_\(index).JPEG\tn01\t0\t0\t15\t15\n"
    }
    try write(annotations, to: path + "/val/val_annotations.txt")
  }

  static func image(_ index: Int, width: Int = 24, height: Int = 20) -> Image {
    var random = RandomSource(seed: UInt64(index))
    return Image(
      width: width, height: height,
      pixels: (0..<width * height * 3).map { _ in UInt8(random.integer(below: 256)) })
  }

  /// Eight steps an epoch, 24 in all.
  static let configuration = """
    data:
      dataset: procedural
      samples: 64
      batch_size: 8
      crop_size: 16
      num_workers: 1
    mask:
      patch_size: 4
      min_keep: 2
    meta:
      model_name: vit_tiny
      embed_dim: 24
      depth: 1
      num_heads: 3
      pred_emb_dim: 12
      pred_depth: 1
      precision: float32
      threads: 2
    optimization:
      epochs: 3
      warmup: 1
      drop_path: 0.2
    logging:
      log_freq: 1
      checkpoint_freq: 1
    evaluation:
      every: 0

    """
}
