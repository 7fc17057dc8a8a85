import Foundation
import JEPAData
import Testing

@testable import JEPA

@Suite struct DataConfigurationTests {
  /// Two classes of eight images in each part, whose files nothing opens.
  private func imageFolder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for part in ["train", "val"] {
      for name in ["cat", "dog"] {
        let path = "\(folder.path)/\(part)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for index in 0..<8 { try AtomicFile.write("", to: "\(path)/\(index).png") }
      }
    }
    return folder
  }

  @Test func drawsProceduralScenes() throws {
    var data = DataConfiguration()
    data.dataset = .procedural
    data.cropSize = 32
    #expect(try data.openDataset(.train).count == 5_000)
    #expect(try data.openDataset(.validation).count == 1_000)
    data.samples = 12
    let scenes = try data.openDataset(.train)
    #expect(scenes.count == 12)
    #expect(try scenes.image(at: 0).width == 32)
    #expect(try data.openDataset(.validation).count == 1_000)
  }

  @Test func opensFoldersAndSelectsClasses() throws {
    let folder = try imageFolder()
    var data = DataConfiguration()
    data.rootPath = folder.path
    #expect(try data.openDataset(.train).count == 16)
    data.classes = .first(1)
    #expect(try data.openDataset(.validation).classNames == ["cat"])
    data.classes = .named(["dog"])
    #expect(try data.openDataset(.train).classNames == ["dog"])
    data.classes = .all
    data.samples = 4
    let spread = try data.openDataset(.train)
    #expect((0..<4).map(spread.label(at:)) == [0, 0, 1, 1])
    #expect(try data.openDataset(.validation).count == 16)
    data.samples = 100
    #expect(try data.openDataset(.train).count == 16)
  }

  @Test func refusals() throws {
    let folder = try imageFolder()
    var data = DataConfiguration()
    expect("data.root_path is empty; set it to the folder of the data set, or give --data") {
      try data.openDataset(.train)
    }
    data.rootPath = folder.path
    data.classes = .first(3)
    expect("data.classes is 3, but \(folder.path) holds 2 classes; use at most 2") {
      try data.openDataset(.train)
    }
    data.rootPath = "/none"
    #expect(throws: DatasetError.self) { try data.openDataset(.train) }
  }
}
