import Foundation
import JEPAData
import JEPATensor
import Testing

@Suite struct ProceduralScenesTests {
  @Test func dependOnSeedSplitAndIndexAlone() {
    let scenes = ProceduralScenes(count: 50, seed: 4)
    let again = ProceduralScenes(count: 5000, seed: 4)
    for index in [0, 7, 49] { #expect(scenes.image(at: index) == again.image(at: index)) }
    #expect(scenes.image(at: 3) != ProceduralScenes(count: 50, seed: 5).image(at: 3))
    #expect(
      scenes.image(at: 3) != ProceduralScenes(count: 50, seed: 4, split: .validation).image(at: 3))
    #expect(scenes.image(at: 3) != scenes.image(at: 15))  // the same class
  }

  @Test func classesTakeTurns() {
    let scenes = ProceduralScenes(count: 30)
    #expect(scenes.classNames.count == 12 && Set(scenes.classNames).count == 12)
    #expect(scenes.labels == (0..<30).map { $0 % 12 })
    for index in 0..<30 {
      let subject = scenes.scene(at: index).subject
      let texture = subject.texture?.rawValue ?? ""
      #expect("\(subject.shape.rawValue)-\(texture)" == scenes.classNames[index % 12])
    }
  }

  /// Away from edges, a larger drawing shows the same colours at the same places.
  @Test func sizeChangesOnlyTheResolution() {
    let small = ProceduralScenes(count: 6, height: 64, width: 64)
    let large = ProceduralScenes(count: 6, height: 256, width: 256)
    for index in 0..<6 {
      let a = small.image(at: index)
      let b = large.image(at: index).resized(width: 64, height: 64)
      let differences = zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }
      #expect(differences.reduce(0, +) < 4 * differences.count)
    }
    let wide = ProceduralScenes(count: 1, height: 30, width: 47).image(at: 0)
    #expect((wide.width, wide.height) == (47, 30))
  }

  /// The areas covered agree with geometry; the shapes are told apart by them and their edges.
  @Test(arguments: Scene.Shape.allCases)
  func coverageMatchesArea(_ shape: Scene.Shape) {
    let unitArea: Float =
      switch shape {
      case .disc: .pi * 0.81
      case .square: 1.52 * 1.52
      case .triangle: 0.75 * Float(3).squareRoot()
      case .cross: 4 * 0.31 * (1.9 - 0.31)
      }
    let renderer = SceneRenderer(height: 128, width: 128)
    for angle: Float in [0, 0.4, 2] {
      let figure = Scene.Figure(
        shape: shape, texture: nil, center: [0.05, -0.1], radius: 0.3, angle: angle,
        colors: [.one])
      let area = renderer.coverage(of: figure).reduce(0, +) / (128 * 128)
      #expect(abs(area - unitArea * 0.09) < 0.002)
    }
  }

  /// The mean colour of an image tells nothing about its class: nearest neighbours by it are no
  /// better than chance, 1/12.
  @Test func meanColorDoesNotSolveIt() {
    func means(_ scenes: ProceduralScenes) -> [SIMD3<Double>] {
      (0..<scenes.count).map { index in
        let image = scenes.image(at: index)
        var sum = SIMD3<Double>.zero
        for i in stride(from: 0, to: image.pixels.count, by: 3) {
          sum += [
            Double(image.pixels[i]), Double(image.pixels[i + 1]), Double(image.pixels[i + 2]),
          ]
        }
        return sum
      }
    }
    let bank = means(ProceduralScenes(count: 600))
    let queries = means(ProceduralScenes(count: 300, split: .validation))
    let right = queries.indices.filter { i in
      let nearest = bank.indices.min {
        let a = bank[$0] - queries[i]
        let b = bank[$1] - queries[i]
        return (a * a).sum() < (b * b).sum()
      }
      return (nearest ?? 0) % 12 == i % 12
    }
    #expect(Double(right.count) / 300 < 0.15)
  }

  /// Without variation, subjects are upright and grey, on grey.
  @Test func variationIsTheNuisance() {
    func spread(_ variation: Float) -> Float {
      let scenes = ProceduralScenes(count: 60, variation: variation)
      return (0..<60).reduce(0) { sum, index in
        let scene = scenes.scene(at: index)
        let color = scene.subject.colors[0]
        return sum + abs(scene.subject.angle) + (color.max() - color.min())
      }
    }
    #expect(spread(0) < 60 * 0.1)
    #expect(spread(0) < spread(0.5) && spread(0.5) < spread(1))
  }

  /// A part of a scene can be drawn anew while the others stay.
  @Test func partsHaveTheirOwnStreams() {
    let random = RandomSource(seed: 1)
    let a = Scene.random(shape: .disc, texture: .dots, using: random)
    let b = Scene.random(shape: .cross, texture: .checks, using: random)
    #expect(a.background == b.background && a.clutter == b.clutter && a.light == b.light)
    #expect(a.subject != b.subject)
  }
}
