"""What a run proves, and what people say of it.

proven       evidence set against requirements
form         the questions, and what the evidence answers
answers      what the vendor answers; draft: the file that asks for it
deviations   what is known not to conform, and who decided on it
comparison   this run against an earlier one
dossier      all of it put together
"""
