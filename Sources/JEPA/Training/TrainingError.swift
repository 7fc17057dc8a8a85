/// Why training stopped. Steps are counted from 1, as in the metrics.
public enum TrainingError: Error, CustomStringConvertible, Equatable {
  /// In the step of that number.
  case notFinite(step: Int, quantity: String)
  /// The loss of that step is far above those before it.
  case lossSpike(step: Int, cause: String)
  /// After that step the features' rank is too low.
  case rankCollapse(step: Int, cause: String)
  /// Another fault after as many as a run may pass over.
  case interventionLimit(step: Int, limit: Int, cause: String)
  /// There is no checkpoint to go back to.
  case nothingToGoBackTo(step: Int, cause: String)
  /// After that step the processes `ranks` have another state than the first.
  case ranksDiffer(step: Int, ranks: [Int])

  public var description: String {
    switch self {
    case .notFinite(let step, let quantity):
      "training stopped at step \(step): \(quantity) is not finite; earlier checkpoints are "
        + "intact; start another run with a lower optimization.lr or with optimization.clip_grad"
    case .lossSpike(let step, let cause):
      "training stopped at step \(step): \(cause); earlier checkpoints are intact; resume with "
        + "watchdog.loss_spike skip or rollback, or start another run with a lower optimization.lr"
    case .rankCollapse(let step, let cause):
      "training stopped after step \(step): \(cause); start another run with "
        + "optimization.variance_weight, or with other masks"
    case .interventionLimit(let step, let limit, let cause):
      "training stopped at step \(step): \(cause), after \(limit) steps were skipped or undone "
        + "(watchdog.limit); start another run with a lower optimization.lr"
    case .nothingToGoBackTo(let step, let cause):
      "training stopped at step \(step): \(cause), and there is no whole checkpoint to go back to; "
        + "start another run with a lower optimization.lr"
    case .ranksDiffer(let step, _):
      "training stopped after step \(step): \(cause); resume from the checkpoint before it, on processors "
        + "of one kind"
    }
  }

  /// What happened, without the way out.
  var cause: String {
    switch self {
    case .notFinite(_, let quantity): "\(quantity) is not finite"
    case .lossSpike(_, let cause), .rankCollapse(_, let cause),
      .interventionLimit(_, _, let cause), .nothingToGoBackTo(_, let cause):
      cause
    case .ranksDiffer(_, let ranks):
      "the parameters of \(ranks.count == 1 ? "process" : "processes") "
        + "\(ranks.map(String.init).joined(separator: ", ")) are not the bits of process 0"
    }
  }

  /// What the run's log calls it.
  var event: String {
    switch self {
    case .notFinite: "not-finite"
    case .lossSpike: "loss-spike"
    case .rankCollapse: "rank-collapse"
    case .interventionLimit: "intervention-limit"
    case .nothingToGoBackTo: "nothing-to-go-back-to"
    case .ranksDiffer: "ranks-differ"
    }
  }
}
