import JEPAData
import Testing

@testable import JEPAEval

@Suite struct AmbiguousScenePictureTests {
  private static let scenes = AmbiguousScenes(count: 300)

  @Test func examplesAreOneOfEachNumber() {
    let examples = AmbiguousScenePicture.examples(of: Self.scenes)
    #expect(examples.map(\.pole.name) == ["yellow-1", "green-2", "pink-3", "yellow-4"])
    #expect(AmbiguousScenePicture.examples(of: AmbiguousScenes(count: 0)).isEmpty)
  }

  /// Every completion stands in the picture as it is; what is visible too, without the flag.
  @Test func showsTheCompletions() {
    let scene = AmbiguousScenePicture.examples(of: Self.scenes)[2]
    let picture = AmbiguousScenePicture(title: "", scenes: [scene]).image(scale: 1)
    #expect(picture.width == 2 * 26 + 4 * 64 + 4 * 22 && picture.height == 76 + 64 + 34 + 13)
    for index in 0..<3 {
      let left = 26 + 22 + (index + 1) * (64 + 22)
      let image = scene.image(completion: index)
      #expect(
        (0..<64 * 64).allSatisfy {
          picture[left + $0 % 64, 76 + $0 / 64] == image[$0 % 64, $0 / 64]
        })
    }
    var hidden: Set<[UInt8]> = []
    for y in 0..<64 {
      for x in 0..<64 {
        let pixel = picture[26 + x, 76 + y]
        if scene.region.contains(x: x, y: y) {
          hidden.insert([pixel.red, pixel.green, pixel.blue])
        } else {
          #expect(pixel == scene.image[x, y])
        }
      }
    }
    #expect(hidden.count == 2)  // hatching
  }

  @Test func everyLabelCanBeDrawn() {
    let text = "yellowgreenpink ring rings nats: 0123456789." + AmbiguousScenePicture.legend
    #expect(text.allSatisfy { StrokeFont.has($0) })
  }
}
