import Foundation
import JEPA
import JEPAData
import JEPAEval
import JEPATensor

extension FuzzTarget {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Configurations. What is accepted must give schedules and sizes, and read back as it was.
  static func yaml(_ seed: UInt64) throws -> FuzzTarget {
    let folder = root.appendingPathComponent("configs")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") }.sorted()
    var seeds = try names.map { Array(try Data(contentsOf: folder.appendingPathComponent($0))) }
    seeds.append(Array(TrainingConfiguration().yaml().utf8))
    let words = [
      "data:", "mask:", "meta:", "optimization:", "logging:", "head:", "watchdog:", "&a ", "*a ",
      "<<: ",
      "- ", "? ", ": ", "[", "]", "{", "}", "|\n", ">\n", "!!binary ", "!!int ", "%YAML 1.2\n",
      "---\n", "...\n",
      "null", "true", "~", "# ", "patch_size: 0", "crop_size: 16384", "[0.0, 0.0]",
      "[1e308, 1e308]",
    ]
    return FuzzTarget("yaml", seeds: seeds, words: words, seed: seed) { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      let configuration = try TrainingConfiguration(yaml: text, source: "fuzz.yaml")
      _ = try configuration.encoderConfiguration()
      let schedule = TrainingSchedule(configuration.optimization, stepsPerEpoch: 100)
      _ = schedule.learningRate.value(at: 3)
      guard try TrainingConfiguration(yaml: configuration.yaml()) == configuration else {
        throw Stray(description: "yaml: does not read back as it was")
      }
    }
  }

  /// Tables of numbers.
  static func csv(_ seed: UInt64, _ place: FuzzPlace) -> FuzzTarget {
    let seeds = [
      "a,b,c\n1,2,3\n4.5,-6e7,8\n", "\u{FEFF}\"x\";\"y;z\"\r\n0.1;2\r\n3;4\r\n",
      "one,\"two\"\"2\"\n\"1\",2\n3,4\n\n",
    ]
    return FuzzTarget(
      "csv", seeds: seeds.map { Array($0.utf8) }, words: [",", ";", "\"", "\"\"", "NA"], seed: seed
    ) {
      bytes in
      let path = place.write(bytes, "fuzz.csv")
      _ = try Table(contentsOf: path, delimiter: bytes.contains(UInt8(ascii: ";")) ? ";" : ",")
    }
  }

  /// Lists of folds, for a table of four rows.
  static func folds(_ seed: UInt64, _ place: FuzzPlace) throws -> FuzzTarget {
    let table = try Table(
      contentsOf: place.write(Array("a,b\n1,2\n3,4\n5,6\n7,8\n".utf8), "folds-of.csv"))
    let text = "fold,part,row\n1,1,0\n1,2,1\n1,test,2\n2,1,3\n2,test,0\n"
    return FuzzTarget(
      "folds", seeds: [Array(text.utf8)], words: ["test", "1,", ",0\n", "fold", "row"], seed: seed
    ) { bytes in
      for fold in try DensityFold.read(
        contentsOf: place.write(bytes, "fuzz-folds.csv"), table: table)
      {
        let rows = fold.training + fold.validation + fold.test
        guard rows.allSatisfy({ 0..<table.rows ~= $0 }) else {
          throw Stray(description: "folds: a row outside the table")
        }
      }
    }
  }

  /// Tiny ImageNet's lists. Every image must lie in the data set's folder.
  static func labels(_ seed: UInt64, _ place: FuzzPlace) throws -> FuzzTarget {
    let set = place.path + "/tiny"
    let image = Data(try JPEGFile.encode(Image(width: 8, height: 8)))
    for folder in ["train/n01/images", "train/n02/images", "val/images"] {
      try FileManager.default.createDirectory(
        atPath: set + "/" + folder, withIntermediateDirectories: true)
      for index in 0..<2 {
        try image.write(
          to: URL(
            filePath: "\(set)/\(folder)/\(folder.hasPrefix("val") ? "val" : "a")_\(index).JPEG"))
      }
    }
    try image.write(to: URL(filePath: place.path + "/secret.JPEG"))
    let seeds = [
      "val_0.JPEG\tn01\t0\t0\t7\t7\nval_1.JPEG\tn02\t0\t0\t7\t7\n", "n01\nn02\n",
      "n01\ttench, Tinca tinca\nn02\tgoldfish\n",
    ]
    let words = [
      "../../secret.JPEG", "/etc/passwd", "val_0.JPEG", "n01", "n02", "\t",
      "../train/n01/images/a_0.JPEG",
    ]
    return FuzzTarget("labels", seeds: seeds.map { Array($0.utf8) }, words: words, seed: seed) {
      bytes in
      for name in ["val/val_annotations.txt", "wnids.txt", "words.txt"] {
        _ = place.write(bytes, "tiny/" + name)
      }
      for split in DatasetSplit.allCases {
        let data = try TinyImageNet(root: set, split: split)
        _ = try data.classDescriptions()
        for index in 0..<data.count {
          let path = data.name(at: index)
          guard path.hasPrefix(set + "/"), !path.contains("..") else {
            throw Stray(description: "labels: \(path) lies outside of the data set")
          }
        }
      }
    }
  }

  /// Metrics that a run resumes from.
  static func metrics(_ seed: UInt64, _ place: FuzzPlace) -> FuzzTarget {
    let text = "step,epoch,loss\n1,1,0.5\n2,1,\n3,2,0.25\n"
    return FuzzTarget("metrics", seeds: [Array(text.utf8)], words: [",", "\n", "step"], seed: seed)
    { bytes in
      let path = place.write(bytes, "metrics.csv")
      _ = try MetricsCSV.rows(of: path)
      _ = try MetricsCSV(path: path, columns: ["step", "epoch", "loss"], resumedStep: 2)
    }
  }

  /// Every reader.
  public static func all(seed: UInt64, in place: FuzzPlace) throws -> [FuzzTarget] {
    [
      try jpeg(seed), try jpegHeaders(seed), try png(seed), try webp(seed), try bmp(seed),
      try safetensors(seed, place),
      safetensorsHeader(seed, place), try checkpoint(seed, place), try yaml(seed),
      csv(seed, place), try folds(seed, place), try labels(seed, place), metrics(seed, place),
    ]
  }
}
