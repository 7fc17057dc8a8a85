import Foundation
import JEPA
import JEPAData
import Testing

@Suite struct BrokenImageTests {
  private static let settings = [
    "data.dataset=image-folder", "data.samples=null", "optimization.epochs=2",
    "optimization.warmup=0", "evaluation.every=1",
  ]

  /// Twelve images of each class, those in `cut` truncated in the middle.
  private func place(cut: [String]) throws -> Workplace {
    let place = try Workplace()
    try place.writeImageFolder("images", count: 12)
    for name in cut {
      let whole = try Data(contentsOf: place.file("images/train/" + name))
      try place.write(whole.prefix(whole.count / 2), to: "images/train/" + name)
    }
    return place
  }

  @Test func oneIsNamedOnceAndReplaced() throws {
    let place = try place(cut: ["class1/103.jpg"])
    let outcome = try place.train("run", Self.settings, ["--data", "images"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let named = outcome.errorLines.filter { $0.contains("class1/103.jpg") }
    #expect(named.count == 1, "\(outcome.errors)")
    #expect(named.first?.contains("damaged image") ?? false)
    let steps = try place.rows(of: "run").compactMap { $0["loss"] == nil ? nil : $0["step"] }
    #expect(steps == (1...6).map(Double.init))
    let evaluation = try place.jepa("eval", "run")
    #expect(evaluation.status == 0)
    #expect(evaluation.errorLines.count == 1 && evaluation.errors.contains("class1/103.jpg"))
  }

  @Test func tooManyStopWithTheList() throws {
    let cut = ["class0/101.jpg", "class1/103.jpg", "class1/107.jpg"]
    let place = try place(cut: cut)
    let outcome = try place.train(
      "run", Self.settings + ["evaluation.every=0"], ["--data", "images"])
    #expect(outcome.status > 0)
    let line = outcome.errorLines.last ?? ""
    #expect(line.hasPrefix("jepa: at least 2 of 24 images are broken, more than the 1"), "\(line)")
    #expect(cut.filter { line.contains($0) }.count >= 2)
    #expect(place.listing(of: "run/checkpoints").allSatisfy { !$0.hasSuffix("partial") })
  }
}
