import Testing

@testable import JEPACommandLine

@Suite struct ProgressLineTests {
  /// A clock and a screen.
  private final class Stage {
    var time = 100.0
    var output: [String] = []

    func line(isTerminal: Bool, step: Int = 0, interval: Int = 10) -> ProgressLine {
      ProgressLine(
        batchSize: 128, interval: interval, step: step, isTerminal: isTerminal,
        now: { [self] in time }, columns: { 80 }, write: { [self] in output.append($0) })
    }
  }

  private func state(_ step: Int, _ steps: Int = 100) -> ProgressLine.State {
    .init(epoch: 1, epochs: 8, step: step, steps: steps, values: [("loss", 0.04123456)])
  }

  @Test func plainLinesComeAtTheInterval() {
    let stage = Stage()
    var line = stage.line(isTerminal: false)
    for step in 1...25 {
      stage.time += 0.5
      line.update(state(step))
    }
    line.update(state(100))
    line.finish()
    #expect(
      stage.output == [
        "epoch 1/8  step  10/100   10 %  256 images/s  0:45 left  loss 0.04123\n",
        "epoch 1/8  step  20/100   20 %  256 images/s  0:40 left  loss 0.04123\n",
        "epoch 1/8  step 100/100  100 %  1024 images/s  done  loss 0.04123\n",
      ])
  }

  @Test func aTerminalsLineIsRedrawn() {
    let stage = Stage()
    var line = stage.line(isTerminal: true)
    stage.time += 1
    line.update(state(50))
    stage.time += 0.05
    line.update(state(51))
    let first =
      "epoch 1/8 [==========>         ]  50 %  6400 images/s  0:01 left  loss 0.04123"
    #expect(stage.output == ["\r" + first + "\u{1B}[K"])
    #expect(first.count < 80)
    line.note("kNN 24.1")
    #expect(stage.output.last == "\r\u{1B}[KkNN 24.1\n" + first)
    line.finish()
    #expect(stage.output.last == "\n")
  }

  @Test func rateLeavesOutEarlierStepsAndPauses() {
    let stage = Stage()
    var line = stage.line(isTerminal: false, step: 90, interval: 1)
    stage.time += 1
    line.pausing { stage.time += 100 }
    line.update(state(92))
    #expect(
      stage.output == ["epoch 1/8  step  92/100   92 %  256 images/s  0:04 left  loss 0.04123\n"])
  }

  @Test func theFirstStepHasNoRate() {
    let stage = Stage()
    let line = stage.line(isTerminal: false)
    #expect(
      line.render(state(0), time: 100, columns: nil)
        == "epoch 1/8  step   0/100    0 %  loss 0.04123"
    )
  }

  @Test func narrowTerminalsLoseTheBar() {
    let stage = Stage()
    let line = stage.line(isTerminal: true)
    #expect(line.render(state(50), time: 101, columns: 40).count == 39)
    #expect(line.render(state(50), time: 101, columns: 1) == "")
  }

  @Test func bars() {
    #expect(ProgressLine.bar(0, width: 4) == ">   ")
    #expect(ProgressLine.bar(0.5, width: 4) == "==> ")
    #expect(ProgressLine.bar(1, width: 4) == "====")
  }

  @Test(arguments: [
    (0, "0:00"), (59.6, "1:00"), (125, "2:05"), (3_600, "1:00:00"), (36_061, "10:01:01"),
    (.infinity, "?"), (.nan, "?"),
  ])
  func durations(_ seconds: Double, _ expected: String) {
    #expect(ProgressLine.duration(seconds) == expected)
  }

  @Test(arguments: [
    (0.001, "0.001000"), (1e-6, "1.000e-06"), (123.456, "123.5"), (999.96, "1000"),
    (1312.4, "1312"), (.nan, "nan"), (0, "0"),
  ])
  func numbers(_ value: Double, _ expected: String) {
    #expect(ProgressLine.significant(value) == expected)
  }

  @Test(arguments: [(7.04, "7.0"), (62.44, "62.4"), (99.96, "100"), (1312.4, "1312")])
  func rates(_ value: Double, _ expected: String) {
    #expect(ProgressLine.rate(value) == expected)
  }
}
