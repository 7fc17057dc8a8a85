import JEPACommandLine
import JEPAHeads
import Research

JEPATool.main(heads: .standard + [LaplaceHead.self])
