import JEPA
import JEPAData
import Testing

@Suite struct DatasetKindTests {
  private static let grey = DatasetKind("grey", summary: "Grey images.", isDrawn: true) {
    data, split in
    ProceduralScenes(
      count: split == .train ? 40 : 10, seed: 1, split: split, height: data.cropSize,
      width: data.cropSize)
  }

  @Test func configurationsNameDataSetsOfOthers() throws {
    let yaml = "data: {dataset: grey, samples: 8, crop_size: 64}\nmask: {patch_size: 8}"
    #expect { try TrainingConfiguration(yaml: yaml) } throws: {
      "\($0)".contains("data.dataset must be one of image-folder, tiny-imagenet, procedural, ")
    }
    let configuration = try DatasetKind.withDatasets([Self.grey]) {
      try TrainingConfiguration(yaml: yaml)
    }
    #expect(configuration.data.dataset == Self.grey)
    #expect(configuration.yaml().contains("dataset: grey"))
    #expect(try configuration.data.openDataset(.train).count == 8)
    #expect(try configuration.data.openDataset(.validation).count == 10)
    #expect {
      try DatasetKind.withDatasets([Self.grey]) {
        try TrainingConfiguration(yaml: "data: {dataset: gray}")
      }
    } throws: { "\($0)".contains("ambiguous-scenes, grey, not") }
  }
}
