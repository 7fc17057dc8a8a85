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

  @Test func drawsAmbiguousScenes() throws {
    let data = try TrainingConfiguration(
      yaml: """
        data:
          dataset: ambiguous-scenes
          crop_size: 48
          crop_scale: [1.0, 1.0]
          samples: 30
          scene_ambiguous: 1.0
          scene_modes: 3
          scene_skew: 0.0
          scene_region: 2
          scene_grid: 6
          scene_seed: 9
        mask: {patch_size: 4, region_probability: 0.5}
        """
    ).data
    let settings = AmbiguousScenes.Settings(ambiguous: 1, modes: 3, skew: 0, grid: 6, region: 2)
    for (split, count) in [(DatasetSplit.train, 30), (.validation, 1000)] {
      let opened = try #require(try data.openDataset(split) as? AmbiguousScenes)
      #expect(opened.settings == settings && opened.size == 48 && opened.count == count)
      #expect(opened.seed == 9 && opened.split == split)
    }
  }

  @Test func sceneSeedChangesProceduralScenes() throws {
    var data = DataConfiguration()
    data.dataset = .procedural
    data.cropSize = 16
    let first = try data.openDataset(.train).image(at: 0)
    #expect(first == ProceduralScenes(count: 1, height: 16, width: 16).image(at: 0))
    data.sceneSeed = 1
    #expect(try data.openDataset(.train).image(at: 0) != first)
  }

  @Test(arguments: [
    ("data.scene_grid=7", "data.scene_grid is 7; use at least 2 cells, and a number that divides"),
    ("data.scene_region=8", "data.scene_region is 8, but a flag and its pole must fit the 8×8"),
    ("data.scene_modes=7", "data.scene_modes is 7; it must lie between 2 and 6"),
    ("data.scene_ambiguous=1.5", "data.scene_ambiguous is 1.5; it must lie between 0.0 and 1.0"),
    ("data.scene_skew=-1", "data.scene_skew is -1.0; it must lie between 0.0 and 100.0"),
    (
      "data.crop_size=32 data.scene_modes=5",
      "data.scene_modes is 5, whose rings cannot be told apart beside a flag of 12 pixels"
    ),
    (
      "mask.region_probability=0.5",
      "mask.region_probability is 0.5, but crops and mirroring move the region; set data.crop_scale "
        + "to [1.0, 1.0] and data.use_horizontal_flip to false; or set mask.region_probability to 0"
    ),
    (
      "mask.region_probability=0.5 data.dataset=procedural",
      "mask.region_probability is 0.5, but data.dataset is procedural, which has no regions; set it "
        + "to ambiguous-scenes; or set mask.region_probability to 0"
    ),
    (
      "mask.region_probability=0.5 mask.reference=true mask.min_keep=4",
      "mask.region_probability is 0.5, but mask.reference draws masks without regard to the image"
    ),
  ])
  func refusesScenes(_ overrides: String, _ expected: String) throws {
    let yaml = """
      data: {dataset: ambiguous-scenes, crop_size: 64}
      mask: {patch_size: 8}
      """
    let error = try #require(
      #expect(throws: ConfigurationError.self) {
        try TrainingConfiguration(
          yaml: yaml, overrides: overrides.split(separator: " ").map(String.init))
      })
    #expect("\(error)".contains(expected), "\(error)")
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
