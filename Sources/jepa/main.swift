import JEPACommandLine

JEPATool.main()
