import Foundation
import JEPA
import JEPAData
import JEPATensor
import Testing

/// Images as people have them, from the command line.
@Suite struct ImageInputTests {
  private static let settings = [
    "data.dataset=image-folder", "data.samples=null", "data.batch_size=4", "optimization.epochs=1",
    "optimization.warmup=0", "evaluation.knn_k=1",
  ]

  private func writeImages(_ place: Workplace, _ folder: String, _ count: Int) throws {
    for index in 0..<count {
      try place.write(JPEGFile.encode(Workplace.image(index)), to: "\(folder)/\(index).jpg")
    }
  }

  /// A workplace with an encoder, and what encodes with it.
  private func encoding() throws -> (Workplace, (String...) throws -> Tool.Outcome) {
    let place = try Workplace()
    let outcome = try place.train("run", ["optimization.epochs=1", "optimization.warmup=0"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    try place.extractEncoder(of: "run", to: "encoder.safetensors")
    return (
      place,
      { arguments in
        try Tool.run(
          ["encode", "--encoder", "encoder.safetensors", "--output", "o.safetensors"] + arguments,
          in: place.url)
      }
    )
  }

  private func names(_ place: Workplace, _ key: String = "files") throws -> [String] {
    let metadata = try SafetensorsFile(place.file("o.safetensors")).metadata
    return try JSONDecoder().decode([String].self, from: Data((metadata[key] ?? "[]").utf8))
  }

  // MARK: Training

  /// Every class is of one color, and validation lacks the first: by position each label would be wrong.
  @Test func labelsGoByName() throws {
    let place = try Workplace()
    for (label, name) in ["ant", "bee", "cat"].enumerated() {
      for part in ["train", "val"] where part == "train" || label > 0 {
        for index in 0..<4 {
          let image = Image(
            width: 20, height: 20, red: UInt8(label * 100 + index), green: UInt8(255 - label * 100),
            blue: 40)
          try place.write(PNGFile.encode(image), to: "set/\(part)/\(name)/\(index).png")
        }
      }
    }
    let outcome = try place.train(
      "run", Self.settings + ["evaluation.every=1"], ["--data", "set"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("12 images of 3 classes, "), "\(outcome.errors)")
    #expect(outcome.errors.contains("set/val: no images of class ant, which the training part has"))
    #expect(outcome.errors.contains("kNN 100.00 %"), "\(outcome.errors)")
    try place.extractEncoder(of: "run", to: "encoder.safetensors")
    let evaluation = try place.jepa(
      "eval", "encoder.safetensors", "--data", "set", "--probe", "knn", "--k", "1")
    #expect(evaluation.output.contains("kNN 100.00 %"), "\(evaluation.output)")
    #expect(evaluation.errors.contains("no images of class ant"))
  }

  @Test func imagesWithoutLabels() throws {
    let place = try Workplace()
    try writeImages(place, "flat", 8)
    let outcome = try place.train(
      "run", Self.settings + ["evaluation.every=1"], ["--data", "flat"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("8 images without labels, "))
    let lines = outcome.errorLines.filter {
      $0.hasPrefix("evaluation is off: the images lie in no class")
    }
    #expect(lines.count == 1, "\(outcome.errors)")
    let evaluation = try place.jepa("eval", "run")
    #expect(evaluation.status == 1 && evaluation.errors.contains("its images have no labels"))
  }

  /// Labelled training images and an unlabelled test part: nothing to compare with.
  @Test func validationWithoutLabels() throws {
    let place = try Workplace()
    try writeImages(place, "set/train/cat", 4)
    try writeImages(place, "set/train/dog", 4)
    try writeImages(place, "set/test", 4)
    let outcome = try place.train(
      "run", Self.settings + ["evaluation.every=1"], ["--data", "set"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.errors.contains("evaluation is off: the validation images lie in no class folders"))
    let probes = try place.jepa("eval", "run")
    #expect(probes.status == 1 && probes.errors.contains("have no labels, which probes need"))
    #expect(try place.jepa("eval", "run", "--probe", "rank").status == 0)
  }

  @Test func harmlessDefectsAreCounted() throws {
    let place = try Workplace()
    try place.writeImageFolder("set", count: 8)
    let file = "set/train/class0/103.jpg"
    var data = try Data(contentsOf: place.file(file))
    data[try #require(data.range(of: Data("JFIF".utf8))).lowerBound + 5] = 2
    try place.write(data, to: file)
    let outcome = try place.train(
      "run", Self.settings + ["optimization.epochs=2"], ["--data", "set"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.errorLines.last
        == "1 image file has a defect that left every pixel intact: an unknown JFIF version (1)",
      "\(outcome.errors)")
  }

  @Test func linksOutOfTheFolder() throws {
    let (place, _) = try encoding()
    try writeImages(place, "pool", 4)
    for part in ["train", "val"] {
      for name in ["cat", "dog"] {
        try place.makeFolder("set/\(part)/\(name)")
        for index in 0..<4 {
          try FileManager.default.createSymbolicLink(
            atPath: place.file("set/\(part)/\(name)/\(index).jpg").path,
            withDestinationPath: "../../../pool/\(index).jpg")
        }
      }
    }
    let knn = ["--data", "set", "--probe", "knn", "--k", "1"]
    let commands: [(String, ([String]) throws -> Tool.Outcome)] = [
      (
        "encode",
        {
          try Tool.run(
            ["encode", "--encoder", "encoder.safetensors", "--output", "o", "--images", "set"] + $0,
            in: place.url)
        }
      ),
      ("train", { try place.train("linked", Self.settings, ["--data", "set"] + $0) }),
      ("eval", { try Tool.run(["eval", "encoder.safetensors"] + knn + $0, in: place.url) }),
      (
        "bench",
        {
          try Tool.run(
            [
              "bench", "encode", "--precision", "float32", "--encoder", "encoder.safetensors",
              "--heads", "3", "--images",
              "set/train",
            ] + $0,
            in: place.url)
        }
      ),
    ]
    for (name, command) in commands {
      let refused = try command([])
      #expect(
        refused.status == 1 && refused.errors.contains("--follow-links"),
        "\(name): \(refused.errors)")
      let followed = try command(["--follow-links"])
      #expect(followed.status == 0, "\(name): \(followed.errors)")
    }
    let stored = try TrainingConfiguration(contentsOf: place.file("linked/config.yaml").path)
    #expect(stored.data.followLinks)
  }

  // MARK: Encoding

  @Test func namesTellFilesApart() throws {
    let (place, encode) = try encoding()
    try writeImages(place, "cat", 2)
    try writeImages(place, "dog", 2)
    #expect(try encode("--images", "cat", "dog/", "cat/1.jpg").status == 0)
    #expect(try names(place) == ["cat/0.jpg", "cat/1.jpg", "dog/0.jpg", "dog/1.jpg"])
    #expect(try encode("--images", "cat").status == 0)
    #expect(try names(place) == ["0.jpg", "1.jpg"])
  }

  @Test func brokenFilesAreSkippedOnRequest() throws {
    let (place, encode) = try encoding()
    try writeImages(place, "images", 3)
    let whole = try Data(contentsOf: place.file("images/1.jpg"))
    try place.write(whole.prefix(whole.count / 2), to: "images/1.jpg")
    try place.write("<html>", to: "images/a.png")
    let refused = try encode("--images", "images")
    #expect(refused.status == 1 && refused.errors.contains("1.jpg: damaged image: "))
    #expect(refused.errorLines.last?.hasSuffix("; --skip-broken leaves such files out") == true)
    let skipping = try encode("--images", "images", "--skip-broken")
    #expect(skipping.status == 0, "\(skipping.errors)")
    #expect(
      try names(place) == ["0.jpg", "2.jpg"] && names(place, "skipped") == ["1.jpg", "a.png"])
    #expect(skipping.errorLines.filter { $0.hasPrefix("skipped images/") }.count == 2)
    #expect(skipping.output.hasPrefix("o.safetensors: tokens [2, "))
    // The rows are those of the sound files alone.
    let rows = try SafetensorsFile(place.file("o.safetensors")).tensor(named: "pooled").floats()
    #expect(try encode("--images", "images/0.jpg", "images/2.jpg").status == 0)
    #expect(
      try SafetensorsFile(place.file("o.safetensors")).tensor(named: "pooled").floats() == rows)
    let none = try encode("--images", "images/a.png", "--skip-broken")
    #expect(none.status == 1 && none.errors.contains("none of the 1 files is a sound image"))
  }

  @Test func filesPassedOverAreNamed() throws {
    let (place, encode) = try encoding()
    try writeImages(place, "images", 2)
    try place.write("x", to: "images/deep/b.gif")
    let outcome = try encode("--images", "images")
    #expect(outcome.status == 0)
    #expect(
      outcome.errorLines == [
        "images: passed over 1 .gif, which are not read; convert them to use them"
      ])
  }

  /// Arguments and names that are not UTF-8, by way of a shell that writes them.
  @Test func namesThatAreNotUTF8() throws {
    let (place, encode) = try encoding()
    try writeImages(place, "images", 1)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.currentDirectoryURL = place.url
    shell.arguments = ["-c", #"cp images/0.jpg "images/$(printf 'caf\351').jpg""#]
    try shell.run()
    shell.waitUntilExit()
    guard shell.terminationStatus == 0 else { return }  // a file system of Unicode alone
    #expect(try encode("--images", "images").status == 0)
    #expect(try names(place) == ["0.jpg", "caf\\xE9.jpg"])
    let outcome = try Tool.run(
      ["encode", "--encoder", "encoder.safetensors", "--output", "o.safetensors", "--images"],
      in: place.url, shell: #"set -- "$@" "images/$(printf 'caf\351').jpg""#)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try names(place) == ["caf\\xE9.jpg"])
  }
}
